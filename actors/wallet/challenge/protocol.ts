/** One challenge: random bytes that one user's new phone signs with one key, once, within five minutes. */
import { createHash } from 'node:crypto';
import type { ActorKind, Reply } from '../../kernel/types.ts';

export interface Issued {
  readonly challenge: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export type DeviceChallengeMessage =
  | {
      readonly type: 'issue';
      readonly challenge: string;
      readonly reply: Reply<Issued>;
    }
  /** Does it stand? Asked before work is spent on a registration. */
  | { readonly type: 'check'; readonly challenge: string; readonly reply: Reply<void> }
  /** The registration goes ahead: nobody else may use it. */
  | { readonly type: 'spend'; readonly challenge: string; readonly reply: Reply<void> }
  /** Its time is over, unless another took its place while this was on its way. */
  | { readonly type: 'expire'; readonly challenge: string };

/** Memory alone: a challenge that a restart forgets is asked for anew, and one that is forgotten cannot be used. */
export interface DeviceChallengeState {
  open: (Issued & { /** `Clock.monotonic()` milliseconds. */ readonly dueAt: number }) | null;
  issued: number;
  spent: number;
}

export const deviceChallengeKind: ActorKind<DeviceChallengeMessage> = { name: 'device-challenge' };

/** By user and key, so that nobody can make another's challenge worthless by asking for one for the same key. */
export function deviceChallengeKey(tenantId: string, userId: string, keyPoint: Uint8Array): string {
  const fingerprint = createHash('sha256').update(keyPoint).digest('hex').slice(0, 32);
  return `${tenantId}/${userId}/${fingerprint}`;
}
