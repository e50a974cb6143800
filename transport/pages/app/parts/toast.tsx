/** News of what was done, at the edge of the page and read out; it goes by itself. */
import { signal } from '@preact/signals';
import { asRefusal } from '../api/refusal.ts';
import { Icon } from './icon.tsx';
import { refusalText } from './states.tsx';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
}

const toasts = signal<readonly Toast[]>([]);
let made = 0;

/** Long enough to read a sentence twice. */
const SHOWN_MS = 6_000;
const SHOWN_MAX = 4;

function show(text: string, bad: boolean): void {
  made += 1;
  const toast = { id: made, text, bad };
  toasts.value = [...toasts.value, toast].slice(-SHOWN_MAX);
  setTimeout(() => {
    toasts.value = toasts.value.filter(({ id }) => id !== toast.id);
  }, SHOWN_MS);
}

export function tell(text: string): void {
  show(text, false);
}

/** Runs what somebody asked for outside of a form, and says how it went. */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work();
    if (done !== undefined) tell(done);
    return true;
  } catch (error) {
    show(refusalText(asRefusal(error)), true);
    return false;
  }
}

export function Toasts() {
  return (
    <div class="toasts" aria-live="polite" role="status">
      {toasts.value.map(({ id, text, bad }) => (
        <p key={id} class={bad ? 'toast bad' : 'toast'}>
          <Icon name={bad ? 'alert' : 'check'} size={16} />
          {text}
        </p>
      ))}
    </div>
  );
}
