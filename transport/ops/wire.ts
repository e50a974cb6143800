/** Operators' view of actors in the wire's spelling. */
import type { ActorDetail, ActorInfo, DeadLetter } from '../../actors/kernel/types.ts';
import {
  freeform,
  integer,
  list,
  nullable,
  number,
  object,
  string,
  type TypeOf,
  time,
} from '../http/schema.ts';
import { timestamp } from '../wire/time.ts';

const actorFields = {
  /** `kind/key`; percent-encode it as one path segment. */
  address: string,
  kind: string,
  key: string,
  state: string,
  mailbox_depth: integer(),
  oldest_age_ms: number(),
  handled: integer(),
  failed: integer(),
  restarts: integer(),
  last_message: nullable(string),
  last_active_at: time,
  snapshot_version: nullable(integer()),
  snapshot_lag: nullable(integer()),
};
export const actorSchema = object(actorFields);
export const actorDetailSchema = object({
  ...actorFields,
  phase: string,
  effects: integer(),
  waiting: integer(),
  mailbox: list(object({ message: string, age_ms: number() })),
  description: freeform,
  transitions: list(object({ at: time, from: string, to: string, message: string })),
});

export function actorWire(actor: ActorInfo): TypeOf<typeof actorSchema> {
  return {
    address: `${actor.kind}/${actor.key}`,
    kind: actor.kind,
    key: actor.key,
    state: actor.state,
    mailbox_depth: actor.mailboxDepth,
    oldest_age_ms: actor.oldestAgeMs,
    handled: actor.handled,
    failed: actor.failed,
    restarts: actor.restarts,
    last_message: actor.lastMessage,
    last_active_at: timestamp(actor.lastActiveAt),
    snapshot_version: actor.snapshotVersion,
    snapshot_lag: actor.snapshotLag,
  };
}

export function actorDetailWire(actor: ActorDetail): TypeOf<typeof actorDetailSchema> {
  return {
    ...actorWire(actor),
    phase: actor.phase,
    effects: actor.effects,
    waiting: actor.waiting,
    mailbox: actor.mailbox.map(({ message, ageMs }) => ({ message, age_ms: ageMs })),
    description: actor.description,
    transitions: actor.transitions.map((step) => ({ ...step, at: timestamp(step.at) })),
  };
}

export const deadLettersSchema = object({
  total: integer(),
  recent: list(object({ at: time, kind: string, key: string, message: string, reason: string })),
});

export function deadLettersWire(letters: {
  readonly total: number;
  readonly recent: readonly DeadLetter[];
}): TypeOf<typeof deadLettersSchema> {
  return {
    total: letters.total,
    recent: letters.recent.map((letter) => ({ ...letter, at: timestamp(letter.at) })),
  };
}
