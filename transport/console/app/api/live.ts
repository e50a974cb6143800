/**
 * What changes, told by the engine as it happens. A page says what it shows by `onChange`; whatever it shows it reads
 * for itself, so an event that is lost is made good by the next reading.
 */
import { effect, signal } from '@preact/signals';
import { follow } from '../../../pages/app/api/events.ts';
import { callHeaders } from './client.ts';
import { me, signedOut, tenantId } from './session.ts';

export type Kind =
  | 'user'
  | 'erasure'
  | 'device'
  | 'challenge'
  | 'transaction'
  | 'webhook'
  | 'delivery'
  | 'service'
  | 'client'
  | 'person'
  | 'tenant'
  | 'model'
  | 'tls'
  | 'audit';

export interface Change {
  readonly kind: Kind;
  /** Null: some or many of the kind. */
  readonly id: string | null;
  readonly state: string | null;
}

/** Shown beside the name of the page's tenant: whether what is on screen is told of changes. */
export const connected = signal(false);

/** Undefined stands for: anything may have happened, we were not there. */
type Told = (changes: readonly Change[] | undefined) => void;
const listeners = new Set<Told>();

export function onChange(told: Told): () => void {
  listeners.add(told);
  return () => listeners.delete(told);
}

function tell(changes: readonly Change[] | undefined): void {
  for (const told of [...listeners]) told(changes);
}

/** Follows whoever is signed in and the tenant they act on, for as long as the page lives. */
export function followSession(): void {
  let stop: () => void = () => undefined;
  effect(() => {
    stop();
    stop = () => undefined;
    if (me.value === null || me.value === undefined || tenantId.value === null) return;
    stop = followTenant();
  });
}

function followTenant(): () => void {
  return follow({
    async open(signal) {
      const response = await fetch('/v1/console/stream', { headers: callHeaders('GET'), signal });
      if (response.status !== 401) return response;
      signedOut();
      return null;
    },
    take(event, data) {
      switch (event) {
        case 'open':
          connected.value = true;
          return tell(undefined);
        case 'changes':
          return tell(JSON.parse(data) as Change[]);
        case 'over':
          return signedOut();
        default:
      }
    },
    lost() {
      connected.value = false;
    },
  });
}
