/** A wallet: its user, who signed up by mail, and the shares of keys that it has backed up. */
import type { wallet as facade } from '../../transport/apis/wallet/facade.ts';
import type { ApiClient } from '../../transport/client/client.ts';
import type { Ready } from '../demo/engine.ts';
import { faceFieldsOf } from '../demo/face.ts';
import type { Integrator } from '../demo/rest.ts';
import { signIn } from '../demo/wallet.ts';

export class Wallet {
  readonly userId: string;
  readonly #client: ApiClient<typeof facade>;
  readonly #face: number;

  private constructor(client: ApiClient<typeof facade>, userId: string, face: number) {
    this.#client = client;
    this.userId = userId;
    this.#face = face;
  }

  /** @param number of the face, and part of the address */
  static async open(
    ready: Pick<Ready, 'public' | 'ops'>,
    integrator: Integrator,
    number: number,
  ): Promise<Wallet> {
    const client = await signIn(ready, integrator, `wallet-${number}@people.example`);
    const { user_id: userId } = await client.call('registerWalletUser', { body: {} });
    await client.call('registerFace', { body: faceFieldsOf(number) });
    return new Wallet(client, userId, number);
  }

  /** Stores one share. The same bytes again change nothing, so this may be repeated. @returns its version */
  async backUp(keyId: string, ciphertext: string): Promise<number> {
    const share = { key_id: keyId, algorithm: 'ecdsa-secp256k1', public_key: '02ab', threshold: 2, party: 1 };
    const { keyshares } = await this.#client.call('backUpKeyShares', {
      body: { keyshares: [{ ...share, ciphertext }] },
    });
    return keyshares[0]?.version ?? 0;
  }

  /** The versions of all keys, by their ids. */
  async versions(): Promise<ReadonlyMap<string, number>> {
    const { keys } = await this.#client.call('listWalletKeys', { query: { page_size: 100 } });
    return new Map(keys.map(({ key_id, version }) => [key_id, version]));
  }

  /** The newest share of each key; allowed a few times an hour. */
  async recover(): Promise<ReadonlyMap<string, string>> {
    const { keyshares } = await this.#client.call('recoverKeyShares', { body: faceFieldsOf(this.#face) });
    return new Map(keyshares.map(({ key_id, ciphertext }) => [key_id, ciphertext]));
  }
}
