/** Watching a tenant: gathered changes, signs of life, and an end when the session ends. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { Change, ChangeKind, Watcher } from '../api/changes.ts';
import type { EngineApi } from '../api.ts';
import type { ConsoleCaller } from '../calls.ts';
import type { Context } from '../context.ts';
import { sessionStands } from './auth.ts';

export function changeCommands(context: Context): EngineApi['changes'] {
  const open = new Counts();
  return {
    watch({ tenantId }, caller) {
      const session = Buffer.from(caller.sessionHash).toString('hex');
      const bounds = [
        ['all', limits.console_streams_max],
        [`tenant/${tenantId}`, limits.console_streams_per_tenant_max],
        [`session/${session}`, limits.console_streams_per_session_max],
      ] as const;
      if (bounds.some(([name, max]) => open.of(name) >= max)) {
        throw new ThenarError('engine_busy', 'Enough pages are watching already.', {
          retryAfterMs: limits.console_stream_heartbeat_ms,
        });
      }
      return (watcher) => {
        for (const [name] of bounds) open.add(name, 1);
        const stop = startWatching(context, tenantId, caller, watcher);
        let stopped = false;
        return () => {
          if (stopped) return;
          stopped = true;
          stop();
          for (const [name] of bounds) open.add(name, -1);
        };
      };
    },
  };
}

/** Numbers by name; what is at nought is not kept. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, more: number): void {
    const count = this.of(name) + more;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

function startWatching(
  context: Context,
  tenantId: string,
  caller: ConsoleCaller,
  watcher: Watcher,
): () => void {
  const { changes, clock } = context;
  const gathered = new Gathered();
  let cancelSend: (() => void) | null = null;
  let cancelBeat: () => void = () => undefined;
  let live = true;

  const send = (): void => {
    cancelSend = null;
    watcher.changed(gathered.take());
  };
  const look = (): void => {
    sessionStands(context, caller).then(
      (stands) => {
        if (stands || !live) return;
        stop();
        watcher.over();
      },
      // The database is away: whether the session stands is seen at the next sign of life.
      () => undefined,
    );
  };
  const told = (change: Change): void => {
    if (change.kind === 'session') return look();
    gathered.add(change);
    cancelSend ??= clock.after(limits.console_stream_gather_ms, send);
  };
  const beat = (): void => {
    cancelBeat = clock.after(limits.console_stream_heartbeat_ms, beat);
    watcher.quiet();
    look();
  };
  const watched = caller.tenantId === null ? [tenantId, PLATFORM_TENANT] : [tenantId];
  const unwatch = watched.map((each) => changes.watch(each, told));
  const stop = (): void => {
    live = false;
    for (const end of unwatch) end();
    cancelSend?.();
    cancelBeat();
  };
  cancelBeat = clock.after(limits.console_stream_heartbeat_ms, beat);
  return stop;
}

/** Each thing once, in its latest state; of a kind with too many things to name, only the kind. */
class Gathered {
  #byThing = new Map<string, Change>();

  add(change: Change): void {
    const key = `${change.kind}/${change.id ?? ''}`;
    const before = this.#byThing.get(key);
    // A later change that kept the state does not take the news of it away.
    this.#byThing.set(key, { ...change, state: change.state ?? before?.state ?? null });
    if (this.#byThing.size > limits.console_stream_changes_max) this.#collapse();
  }

  take(): readonly Change[] {
    const changes = [...this.#byThing.values()];
    this.#byThing = new Map();
    return changes;
  }

  #collapse(): void {
    const met = new Set<ChangeKind>([...this.#byThing.values()].map(({ kind }) => kind));
    this.#byThing = new Map([...met].map((kind) => [`${kind}/`, { kind, id: null, state: null }]));
  }
}
