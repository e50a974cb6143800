/** Actors: their mailboxes, failures and snapshots. */
import type { KindSurvey } from '../../../../actors/kernel/types.ts';
import { counter, type Family, gauge, histogram, only, type Sample } from '../family.ts';
import type { Reading } from '../reading.ts';

const kinds = (read: (kind: KindSurvey) => number) =>
  function* ({ survey }: Reading): Generator<Sample> {
    for (const kind of survey.kernel.kinds) yield [[kind.name], read(kind)];
  };

export const actors: readonly Family[] = [
  gauge(
    'thenar_actors',
    'Actors in memory.',
    ['kind'],
    kinds(({ live }) => live),
  ),
  gauge(
    'thenar_mailbox_messages',
    'Messages waiting in mailboxes.',
    ['kind'],
    kinds(({ waiting }) => waiting),
  ),
  gauge(
    'thenar_mailbox_deepest_messages',
    'Messages in the fullest mailbox.',
    ['kind'],
    kinds(({ deepest }) => deepest),
  ),
  gauge(
    'thenar_mailbox_oldest_age_seconds',
    'How long the message waits that waits longest.',
    ['kind'],
    kinds(({ oldestAgeMs }) => oldestAgeMs / 1000),
  ),
  counter(
    'thenar_actor_messages_total',
    'Messages of actors: handled, refused for a full mailbox, or skipped past their deadline.',
    ['outcome'],
    ({ survey: { kernel } }) => [
      [['handled'], kernel.counters.handled],
      [['refused'], kernel.counters.refused],
      [['skipped'], kernel.counters.skipped],
    ],
  ),
  counter(
    'thenar_actor_failures_total',
    'Handlers that threw.',
    ['kind'],
    kinds(({ failures }) => failures),
  ),
  counter(
    'thenar_actor_restarts_total',
    'Restarts of actors.',
    ['kind'],
    kinds(({ restarts }) => restarts),
  ),
  counter(
    'thenar_actor_escalations_total',
    'Actors that failed too often and were refused for a while.',
    [],
    ({ survey }) => only(survey.kernel.counters.escalations),
  ),
  counter('thenar_dead_letters_total', 'Messages nobody took.', ['reason'], function* ({ survey }) {
    for (const [reason, value] of Object.entries(survey.kernel.deadLetters)) yield [[reason], value];
  }),
  histogram(
    'thenar_actor_activation_duration_seconds',
    'Time to bring an actor into memory, from its snapshot and its rows.',
    ['kind'],
    ({ survey }) => survey.kernel.kinds.map(({ name, activations }) => [[name], activations]),
  ),
  counter(
    'thenar_actor_activation_failures_total',
    'Actors that could not be brought into memory.',
    [],
    ({ survey }) => only(survey.kernel.counters.activation_failures),
  ),
  counter('thenar_actor_passivations_total', 'Actors that left memory.', [], ({ survey }) =>
    only(survey.kernel.counters.passivations),
  ),
  gauge('thenar_actor_effects', 'Effects of actors under way.', [], ({ survey }) =>
    only(survey.kernel.counters.effects_in_flight),
  ),
  gauge(
    'thenar_snapshot_lagging_actors',
    'Actors that are newer than their snapshot.',
    ['kind'],
    kinds(({ lagging }) => lagging),
  ),
  gauge(
    'thenar_snapshot_lag_versions',
    'Versions that the actor furthest ahead of its snapshot is ahead.',
    ['kind'],
    kinds(({ lagMax }) => lagMax),
  ),
  counter(
    'thenar_snapshots_total',
    'Snapshots written, and writes and reads that failed.',
    ['outcome'],
    ({ survey: { kernel } }) => [
      [['written'], kernel.counters.snapshots_written],
      [['write_failed'], kernel.counters.snapshot_failures],
      [['read_failed'], kernel.counters.snapshot_read_failures],
    ],
  ),
];
