/** Token signing keys: rotated on schedule and by command, each new one published before it signs. */
import { type Clock, PLATFORM_TENANT, type Sealer, type Store, type Write } from '../../engine/ports.ts';
import type { SigningKeyRecord } from '../../engine/records.ts';
import { KeyRing } from '../../engine/tokens/keyRing.ts';
import { commandedRotation, createSigningKey, rotationDue } from '../../engine/tokens/signingKey.ts';
import { inTurn } from '../tls/in_turn.ts';

export interface KeyPorts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

export interface RotatedKeys {
  readonly ring: KeyRing;
  readonly changed: boolean;
}

/**
 * One change at a time: each builds on the keys that the one before left, and a ring that is taken up later never
 * lacks a key that one taken up earlier has.
 */
export class SigningKeys {
  readonly #ports: KeyPorts;
  readonly #inTurn = inTurn();

  constructor(ports: KeyPorts) {
    this.#ports = ports;
  }

  /** Makes the key that is due, retires what verifies nothing any more. */
  upkeep(): Promise<RotatedKeys> {
    return this.#inTurn(async () => {
      const { clock, sealer } = this.#ports;
      const keys = await this.#read();
      const plan = rotationDue(keys, clock.now());
      const writes: Write[] = plan.retire.map((kid) => ({ delete: 'signingKeys', where: { kid } }));
      if (plan.create !== null) {
        const row = await createSigningKey({ ...plan.create, now: clock.now(), sealer });
        writes.push({ insert: 'signingKeys', row });
      }
      return this.#commit(writes, 'engine', keys);
    });
  }

  /** A new key because somebody asked for one. @returns the key that signs next, and since when */
  rotate(actor: string): Promise<RotatedKeys & { readonly next: SigningKeyRecord }> {
    return this.#inTurn(async () => {
      const { clock, sealer } = this.#ports;
      const now = clock.now();
      const keys = await this.#read();
      const plan = commandedRotation(keys, now);
      if (plan === null) {
        const next = keys.find((key) => key.signsFrom > now) as SigningKeyRecord;
        return { ...(await this.#commit([], actor, keys)), next };
      }
      const next = await createSigningKey({ ...plan.create, now, sealer });
      const cut = plan.cut.map(
        ({ kid, ...set }): Write => ({ update: 'signingKeys', where: { kid }, set, otherwise: 'conflict' }),
      );
      const drop = plan.drop.map((kid): Write => ({ delete: 'signingKeys', where: { kid } }));
      const writes: Write[] = [...cut, ...drop, { insert: 'signingKeys', row: next }];
      return { ...(await this.#commit(writes, actor, keys)), next };
    });
  }

  async #commit(
    writes: readonly Write[],
    actor: string,
    before: readonly SigningKeyRecord[],
  ): Promise<RotatedKeys> {
    const { store, sealer } = this.#ports;
    if (writes.length === 0) return { ring: await KeyRing.load(before, sealer), changed: false };
    const made = writes.flatMap((write) =>
      'insert' in write && write.insert === 'signingKeys' ? [write.row.kid] : [],
    );
    const ended = writes.flatMap((write) =>
      'delete' in write ? [String((write.where as { kid: string }).kid)] : [],
    );
    await store.commit({
      tenantId: PLATFORM_TENANT,
      writes,
      audit: [
        {
          eventType: 'signing_keys_rotated',
          severity: actor === 'engine' ? 'info' : 'high',
          actor,
          details: { made, ended },
        },
      ],
    });
    return { ring: await KeyRing.load(await this.#read(), sealer), changed: true };
  }

  #read(): Promise<SigningKeyRecord[]> {
    return this.#ports.store.list('signingKeys', { order: [['signsFrom', 'asc']] });
  }
}
