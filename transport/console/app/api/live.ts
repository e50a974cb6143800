/**
 * What changes, told by the engine as it happens. A page says what it shows by `onChange`; whatever it shows it reads
 * for itself, so an event that is lost is made good by the next reading.
 */
import { effect, signal } from '@preact/signals';
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

/** A little longer each time, so that a thousand pages do not come back in the same moment. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000] as const;
/** Three signs of life that did not come. */
const SILENCE_MS = 45_000;

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
    stop = follow();
  });
}

function follow(): () => void {
  const leaving = new AbortController();
  let attempt = 0;
  const turn = async (): Promise<void> => {
    try {
      await listen(leaving.signal, () => {
        attempt = 0;
      });
    } catch {
      // Whatever cut the line: it is opened again, below.
    }
    connected.value = false;
    if (leaving.signal.aborted) return;
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0;
    attempt += 1;
    setTimeout(() => void turn(), wait * (0.75 + Math.random() / 2));
  };
  void turn();
  return () => leaving.abort();
}

/** `EventSource` cannot say which tenant a platform administrator acts on, so the stream is read by hand. */
async function listen(leaving: AbortSignal, opened: () => void): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const response = await fetch('/v1/console/stream', {
    headers: callHeaders('GET'),
    signal: AbortSignal.any([leaving, silence.signal]),
  });
  if (response.status === 401) return signedOut();
  if (!response.ok || response.body === null) throw new Error(String(response.status));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const events = (text + value).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) take(event, opened);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** @param event lines of one event, as the specification of server-sent events has them */
function take(event: string, opened: () => void): void {
  const lines = event.split('\n');
  const field = (name: string): string =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
  switch (field('event')) {
    case 'open':
      opened();
      connected.value = true;
      return tell(undefined);
    case 'changes':
      return tell(JSON.parse(field('data')) as Change[]);
    case 'over':
      return signedOut();
    default:
  }
}
