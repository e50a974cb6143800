import { limits } from '../../engine/limits.ts';
import type { Context } from '../context.ts';

/**
 * Resolves once no message is due that a courier has yet to look at, or after a while: whoever asked for a code a
 * moment ago and looks into the outbox finds it there.
 */
export async function courierSettled({ clock, store }: Context): Promise<void> {
  for (let looks = 0; looks < limits.outbox_looks_max; looks += 1) {
    const due = await store.count('messages', { attempts: 0, nextAttemptAt: { lte: clock.now() } });
    if (due === 0) return;
    await new Promise<void>((resolve) => clock.after(limits.outbox_look_again_ms, resolve));
  }
}
