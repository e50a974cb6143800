import { hkdfSync } from 'node:crypto';
import { limits } from '../../engine/limits.ts';
import type { Random, SubjectKeys } from '../../engine/ports.ts';
import { changeMasterKey, type Progress } from './change.ts';
import { slotWrapper, unwrapSlot, type Wrapping, whoOf, wrappingOf, wrapSlot } from './slot.ts';
import { Slots } from './slots.ts';
import type { TenantKeys } from './tenant-keys.ts';

const KEY_BYTES = 32;

/** Whose slot the file's own key is in: it hashes the names in the others. No keyed hash is all zeros. */
const FILE_KEY = '\0'.repeat(16);

export interface KeyFile extends SubjectKeys, TenantKeys {
  /**
   * Puts the tenants' keys under another master key: copies first, a batch at a time, then the header, then the old
   * ones are wiped. After a kill either key still opens the file, or the new one does; asking again goes on.
   * @param report is told after each batch
   */
  changeMasterKey(masterKey: Uint8Array, report?: (progress: Progress) => void): Promise<void>;
}

function derived(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), `thenar/v2/${purpose}`, KEY_BYTES));
}

/** What the master key itself does: it wraps the keys of tenants, and nothing else. */
export function masterWrapping(masterKey: Uint8Array): Wrapping {
  return wrappingOf(derived(masterKey, 'tenant-keys'));
}

/** A tenant's key at hand, and what it wraps the keys of its subjects with. */
interface Tenant {
  readonly key: Uint8Array;
  readonly wrapping: Wrapping;
  /** Resolves once the key is on disk. */
  readonly written: Promise<void>;
}

/**
 * Keys in one file: each subject's (a user, a wallet, a shard file) under its tenant's, each tenant's under the master
 * key. A key is destroyed by overwriting its slot in place; with a tenant's key go those of all its subjects. Keys of
 * tenants are unwrapped when the file is opened, those of subjects when they are asked for.
 */
export async function openSubjectKeys(path: string, masterKey: Uint8Array, random: Random): Promise<KeyFile> {
  let master = masterWrapping(masterKey);
  const slots = await Slots.open(path, master.id);
  const tenants = new Map<string, Tenant>();
  const wrappings = new Map<string, Wrapping>();
  const unsettled = new Set<Promise<void>>();

  const wrapAs = (who: string, wrapping: Wrapping, key: Uint8Array) =>
    slots.add((file, at, sequence) => wrapSlot(file, at, wrapping, who, sequence, key, random));
  const unwrap = (slot: number, wrapping: Wrapping): Uint8Array =>
    slots.at(slot, (file, at) => unwrapSlot(file, at, wrapping.key));
  const wrapperOf = (slot: number): string => slots.at(slot, slotWrapper);

  const fileKey = await (async () => {
    const slot = slots.live.get(FILE_KEY);
    if (slot !== undefined) return unwrap(slot, master);
    const key = random.bytes(KEY_BYTES);
    const made = wrapAs(FILE_KEY, master, key);
    await made.written;
    slots.live.set(FILE_KEY, made.slot);
    return key;
  })();
  const names = derived(fileKey, 'names');
  /** Asked for with every value that is opened. */
  const tenantWhos = new Map<string, string>();
  const tenantWho = (tenantId: string): string => {
    const known = tenantWhos.get(tenantId);
    if (known !== undefined) return known;
    const who = whoOf(names, `tenant/${tenantId}`);
    if (tenantWhos.size >= limits.tenant_key_names_max) tenantWhos.clear();
    tenantWhos.set(tenantId, who);
    return who;
  };
  const subjectWho = (subject: string): string => whoOf(names, `subject/${subject}`);

  const know = (who: string, key: Uint8Array, written: Promise<void>): Tenant => {
    const tenant = { key, wrapping: wrappingOf(derived(key, 'subject-keys')), written };
    tenants.set(who, tenant);
    wrappings.set(tenant.wrapping.id, tenant.wrapping);
    return tenant;
  };
  const forget = (who: string): void => {
    const tenant = tenants.get(who);
    if (tenant !== undefined) wrappings.delete(tenant.wrapping.id);
    tenants.delete(who);
    slots.live.delete(who);
  };
  const onDisk = Promise.resolve();
  for (const [who, slot] of slots.live) {
    if (wrapperOf(slot) === master.id && who !== FILE_KEY) know(who, unwrap(slot, master), onDisk);
  }

  const tenantOf = (tenantId: string): Tenant => {
    const who = tenantWho(tenantId);
    const known = tenants.get(who);
    if (known !== undefined) return known;
    const key = random.bytes(KEY_BYTES);
    const { slot, written } = wrapAs(who, master, key);
    slots.live.set(who, slot);
    unsettled.add(written);
    written.then(
      () => unsettled.delete(written),
      () => {
        unsettled.delete(written);
        forget(who);
      },
    );
    return know(who, key, written);
  };

  const make = async (who: string, tenantId: string): Promise<Uint8Array> => {
    const tenant = tenantOf(tenantId);
    await tenant.written;
    const key = random.bytes(KEY_BYTES);
    const { slot, written } = wrapAs(who, tenant.wrapping, key);
    await written;
    slots.live.set(who, slot);
    return key;
  };

  const making = new Map<string, Promise<Uint8Array>>();
  const destroying = new Map<string, Promise<void>>();
  /** Keys of the subjects last asked for: the palms of one person are opened one after the other. */
  const unwrapped = new Map<string, Uint8Array>();
  const read = (subject: string, slot: number): Uint8Array | null => {
    const wrapping = wrappings.get(wrapperOf(slot));
    // Its tenant's key was destroyed, and it is about to be wiped.
    if (wrapping === undefined) return null;
    const key = unwrap(slot, wrapping);
    if (unwrapped.size >= limits.subject_keys_cached_max) unwrapped.clear();
    unwrapped.set(subject, key);
    return key;
  };
  const find = (subject: string): Uint8Array | null => {
    const known = unwrapped.get(subject);
    if (known !== undefined) return known;
    const slot = slots.live.get(subjectWho(subject));
    return slot === undefined ? null : read(subject, slot);
  };
  const wipe = async (who: string, slot: number): Promise<void> => {
    slots.live.delete(who);
    const wiping = slots.erase(slot).finally(() => destroying.delete(who));
    destroying.set(who, wiping);
    await wiping;
  };

  return {
    tenant: (tenantId) => tenantOf(tenantId).key,
    known: (tenantId) => tenants.get(tenantWho(tenantId))?.key ?? null,
    settled: () => (unsettled.size === 0 ? null : Promise.all(unsettled).then(() => undefined)),
    async ensure(subject, tenantId) {
      const known = find(subject);
      if (known !== null) return known;
      const who = subjectWho(subject);
      let made = making.get(who);
      if (made === undefined) {
        made = make(who, tenantId).finally(() => making.delete(who));
        making.set(who, made);
      }
      return made;
    },
    find,
    async destroy(subject) {
      const who = subjectWho(subject);
      await making.get(who)?.catch(() => {});
      const slot = slots.live.get(who);
      unwrapped.delete(subject);
      if (slot !== undefined) await wipe(who, slot);
      // Whoever asks while it is being destroyed hears of it when it is on disk, too.
      else await destroying.get(who);
    },
    async destroyTenant(tenantId) {
      const who = tenantWho(tenantId);
      const tenant = tenants.get(who);
      const slot = slots.live.get(who);
      if (tenant === undefined || slot === undefined) return;
      await tenant.written;
      forget(who);
      unwrapped.clear();
      const coming = slots.coming.get(who);
      slots.coming.delete(who);
      const subjects = [...slots.live].filter(([, each]) => wrapperOf(each) === tenant.wrapping.id);
      await Promise.all([
        wipe(who, slot),
        ...(coming === undefined ? [] : [slots.erase(coming)]),
        ...subjects.map(([each, at]) => wipe(each, at)),
      ]);
    },
    async changeMasterKey(masterKeyNext, report = () => {}) {
      const next = masterWrapping(masterKeyNext);
      await changeMasterKey(slots, {
        from: master,
        to: next,
        random,
        report,
        settled: () => Promise.all(unsettled),
        switched: () => {
          master = next;
        },
      });
    },
    close: () => slots.close(),
  };
}
