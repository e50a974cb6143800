/** Secrets that people keep: of OAuth clients, and shares of keys in wallets. */
import { ApiError } from '../../../transport/client/error.ts';
import type { Doing } from '../deeds.ts';
import type { Desk } from '../desk.ts';

const KEYS = 4;

export const backUp: Doing = {
  async run(desk, _person, { salt }) {
    const { wallet, ledger } = desk;
    const keyId = `key-${salt % KEYS}`;
    const ciphertext = `what only the phone can read ${salt}`;
    const version = await desk.rest(() => wallet.client.backUp(keyId, ciphertext));
    wallet.keys.set(keyId, { version, ciphertext });
    wallet.backups += 1;
    ledger.acknowledge('key shares backed up');
  },
};

export const client: Doing = {
  async run(desk, _person, { salt }) {
    const { console, ledger } = desk;
    const created = await desk.once(
      () => console.call('createClient', { body: { name: desk.newKey() } }),
      async () => null,
    );
    ledger.acknowledge('clients');
    const { client_id: clientId, client_secret: oldSecret } = created;
    const token = await desk.rest(() => tokenOf(desk, clientId, oldSecret));
    const params = { id: clientId };
    const replaced = salt % 2 === 0;
    const secret = replaced
      ? await desk.once(
          async () => (await console.call('regenerateClientSecret', { params })).client_secret,
          async () => null,
        )
      : await desk.rest(() => deleted(desk, clientId));
    ledger.clients.push({ clientId, oldSecret, secret, token, looked: false });
    ledger.acknowledge(replaced ? 'secrets replaced' : 'clients deleted');
  },
};

/** Again, it is not found: a kill took the answer, and it was deleted. */
async function deleted({ console }: Desk, id: string): Promise<null> {
  try {
    await console.call('deleteClient', { params: { id } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
  return null;
}

/** @throws ApiError when the engine does not take the secret */
export async function tokenOf(
  { integrator }: Pick<Desk, 'integrator'>,
  client_id: string,
  client_secret: string,
): Promise<string> {
  const body = { grant_type: 'client_credentials', client_id, client_secret };
  return (await integrator.link.call('issueToken', { body })).access_token;
}
