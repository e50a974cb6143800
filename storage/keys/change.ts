/** Changing the master key: what it wraps is wrapped anew, while the file is in use or not. */
import { limits } from '../../engine/limits.ts';
import type { Random } from '../../engine/ports.ts';
import { slotWrapper, unwrapSlot, type Wrapping, wrapSlot } from './slot.ts';
import type { Slots } from './slots.ts';

/** How far it is: keys under the new master key, of all; and old copies wiped, of all. */
export interface Progress {
  readonly step: 'copying' | 'wiping';
  readonly done: number;
  readonly total: number;
}

export interface MasterKeyChange {
  readonly from: Wrapping;
  readonly to: Wrapping;
  readonly random: Random;
  readonly report: (progress: Progress) => void;
  /** Resolves once keys that are being made are on disk. */
  readonly settled: () => Promise<unknown>;
  /** From here on new keys are wrapped under the new master key. */
  readonly switched: () => void;
}

/**
 * Until every key has a copy under the new master key the old one opens the file and the copies are nothing to it;
 * from the header on the new one does. Each batch is on disk before the next begins, and what a kill left is found by
 * the ids in the slots, so that the same call goes on from there. Copies under a third key, of a change that was
 * given up, are wiped first.
 */
export async function changeMasterKey(slots: Slots, change: MasterKeyChange): Promise<void> {
  const { from, to, report } = change;
  if (from.id === to.id) return;
  if (slots.header.next !== to.id) {
    await wipeAll([...slots.coming.values()], slots, () => {});
    slots.coming.clear();
    await slots.writeHeader({ active: from.id, next: to.id, retired: null });
  }
  const under = (): [string, number][] =>
    [...slots.live].filter(([, slot]) => slots.at(slot, slotWrapper) === from.id);
  for (;;) {
    await change.settled();
    const all = under();
    const missing = all.filter(([who]) => !slots.coming.has(who));
    report({ step: 'copying', done: all.length - missing.length, total: all.length });
    if (missing.length === 0) break;
    await Promise.all(
      missing.slice(0, limits.key_change_batch).map(([who, slot]) => copy(slots, change, who, slot)),
    );
  }
  // Nothing was awaited since the last look: every key has its copy, and the next one is made under the new key.
  const old = under().map(([, slot]) => slot);
  for (const [who, slot] of slots.coming) slots.live.set(who, slot);
  slots.coming.clear();
  change.switched();
  await slots.writeHeader({ active: to.id, next: null, retired: from.id });
  await wipeAll(old, slots, report);
  await slots.writeHeader({ active: to.id, next: null, retired: null });
}

async function copy(slots: Slots, { from, to, random }: MasterKeyChange, who: string, slot: number) {
  const key = slots.at(slot, (file, at) => unwrapSlot(file, at, from.key));
  const made = slots.add((file, at, sequence) => wrapSlot(file, at, to, who, sequence, key, random));
  await made.written;
  // Its owner may have gone meanwhile.
  if (slots.live.get(who) === slot) slots.coming.set(who, made.slot);
  else await slots.erase(made.slot);
}

async function wipeAll(old: readonly number[], slots: Slots, report: (progress: Progress) => void) {
  for (let from = 0; from < old.length; from += limits.key_change_batch) {
    await Promise.all(old.slice(from, from + limits.key_change_batch).map((slot) => slots.erase(slot)));
    const done = Math.min(from + limits.key_change_batch, old.length);
    report({ step: 'wiping', done, total: old.length });
  }
}
