import { said } from '../words/words.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'calm';

/** How the closed sets of the engine feel; what is not here is calm. */
const tones: Readonly<Record<string, Tone>> = {
  active: 'good',
  paired: 'good',
  online: 'good',
  completed: 'good',
  complete: 'good',
  granted: 'good',
  verified: 'good',
  delivered: 'good',
  healthy: 'good',
  closed: 'good',
  migrated: 'good',
  pending: 'info',
  presented: 'info',
  accepted: 'info',
  registered: 'info',
  running: 'info',
  suspended: 'warn',
  expired: 'warn',
  withdrawn: 'warn',
  degraded: 'warn',
  half_open: 'warn',
  deactivating: 'warn',
  rolled_back: 'warn',
  needs_reenrolment: 'warn',
  warning: 'warn',
  high: 'bad',
  failed: 'bad',
  rejected: 'bad',
  revoked: 'bad',
  unhealthy: 'bad',
  open: 'bad',
};

/** A state in one word and a colour; the word alone says it all. */
export function Badge({ state, word = 'status' }: { readonly state: string; readonly word?: string }) {
  return <span class={`badge ${tones[state] ?? 'calm'}`}>{said(word, state)}</span>;
}
