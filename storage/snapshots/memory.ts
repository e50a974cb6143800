import type { SnapshotStore } from '../../engine/ports.ts';
import type { Json } from '../../engine/records.ts';

/** Snapshots in this process's memory, for tests: as text, so that nobody shares live objects through them. */
export function memorySnapshots(): SnapshotStore {
  const kept = new Map<string, { version: number; text: string }>();
  return {
    async put(key, version, state) {
      const there = kept.get(key);
      if (there === undefined || version >= there.version)
        kept.set(key, { version, text: JSON.stringify(state) });
    },
    async get(key) {
      const there = kept.get(key);
      return there === undefined ? null : { version: there.version, state: JSON.parse(there.text) as Json };
    },
    async delete(key) {
      kept.delete(key);
    },
    healthy: async () => true,
    close: async () => kept.clear(),
  };
}
