/** `thenar demo --wallet`: a phone with a wallet is lost, and its owner gets everything back with a face. */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallet } from '../../transport/apis/wallet/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { bearerToken } from '../../transport/client/credentials.ts';
import { ApiError } from '../../transport/client/error.ts';
import { type EngineProcess, type Ready, startEngineProcess } from './engine.ts';
import { faceFieldsOf } from './face.ts';
import { Phone } from './phone.ts';
import { createTenant, type Integrator } from './rest.ts';
import { say, step } from './tell.ts';

type Wallet = ApiClient<typeof wallet>;

const ADA = 1;
const STRANGER = 2;
/** Each look waits for mail that is on its way. */
const LOOKS_MAX = 50;
const PASSWORD = 'plum-Harbour-42-lantern';

/** @throws Error when anything is let in that should not be, or what was backed up does not come back */
export async function runWalletDemo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'thenar-wallet-'));
  say('\nThenar wallet demo: a real engine, its own tokens, a phone that gets lost.\n');
  const engine = await step('engine started on an embedded PostgreSQL of its own', () =>
    startEngineProcess({
      THENAR_DATA_DIR: folder,
      THENAR_PUBLIC_PORT: '0',
      THENAR_DEVICE_PORT: '0',
      THENAR_OPS_PORT: '0',
      THENAR_LOG_LEVEL: 'error',
    }),
  );
  try {
    await story(engine);
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  say('\n  The engine drained and stopped. Nothing is left behind.');
}

async function story({ ready }: EngineProcess): Promise<void> {
  const administrator = JSON.parse(readFileSync(ready.bootstrap_file, 'utf8'));
  const { integrator } = await step('a tenant, and the wallet app’s OAuth client', () =>
    createTenant(ready.public, administrator, 'Wallet tenant'),
  );
  say('\nAda gets a wallet:');
  const ada = await step('signed up by mail and signed in: a token of the engine’s own', () =>
    signIn(ready, integrator, 'ada@people.example'),
  );
  const { user_id } = await step('registered as a user', () => ada.call('registerWalletUser', { body: {} }));
  const lost = new Phone();
  await step('first phone registered: challenge, signature of its key', () =>
    register(ada, lost, 'First phone'),
  );
  await step('face enrolled', () => ada.call('registerFace', { body: faceFieldsOf(ADA) }));
  const shares = keyShares();
  await step('two key shares backed up, encrypted on the phone', () =>
    ada.call('backUpKeyShares', { body: { keyshares: shares.map(({ sealed }) => sealed) } }),
  );

  say('\nThe phone is lost, with its key and its shares. Somebody has Ada’s token:');
  const thiefs = new Phone();
  await refused('a phone without a face', 'face_required', () => register(ada, thiefs, 'Thief’s phone'));
  await refused('a phone with another face', 'face_mismatch', () =>
    register(ada, thiefs, 'Thief’s phone', faceFieldsOf(STRANGER)),
  );
  await refused('the shares with another face', 'face_mismatch', () =>
    ada.call('recoverKeyShares', { body: faceFieldsOf(STRANGER) }),
  );

  say('\nAda buys a new phone:');
  await step('registered with its key and Ada’s face', () =>
    register(ada, new Phone(), 'New phone', faceFieldsOf(ADA)),
  );
  const { keyshares } = await step('key shares recovered with Ada’s face', () =>
    ada.call('recoverKeyShares', { body: faceFieldsOf(ADA) }),
  );
  for (const { plain, sealed } of shares) {
    const found = keyshares.find(({ key_id, party }) => key_id === sealed.key_id && party === sealed.party);
    if (found === undefined || open(found.ciphertext) !== plain)
      throw new Error(`${sealed.key_id} did not come back`);
  }
  say('  Both decrypt on the new phone to what the old one had.');
  const eve = await signIn(ready, integrator, 'eve@people.example');
  await eve.call('registerWalletUser', { body: {} });
  if ((await eve.call('listWalletKeys', {})).keys.length > 0) throw new Error('Eve sees what is Ada’s');
  const { transactions } = await ada.call('listWalletTransactions', {});
  say(`\nWhat the engine has on record of ${user_id}, the newest first:`);
  for (const { created_at, type, status } of transactions)
    say(`  ${created_at}  ${type.padEnd(20)} ${status}`);
}

/** An end user of the tenant: signed up by mail, which the ops listener shows where no provider is configured. */
export async function signIn(
  ready: Pick<Ready, 'public' | 'ops'>,
  { client, link }: Integrator,
  email: string,
): Promise<Wallet> {
  const { client_id } = client;
  await link.call('register', { body: { client_id, email, password: PASSWORD } });
  await link.call('verifyEmail', { query: { token: await mailedToken(ready, email) } });
  const token = await link.call('issueToken', {
    body: { grant_type: 'password', client_id, email, password: PASSWORD },
  });
  return new ApiClient(wallet, { baseUrl: ready.public, credentials: bearerToken(token.access_token) });
}

async function mailedToken(ready: Pick<Ready, 'ops'>, email: string): Promise<string> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const response = await fetch(new URL('/outbox', ready.ops));
    const { messages } = (await response.json()) as {
      readonly messages: readonly { readonly to: string; readonly text: string }[];
    };
    const mail = messages.find(({ to }) => to === email);
    const [, token] = /[?&]token=([\w-]+)/.exec(mail?.text ?? '') ?? [];
    if (token !== undefined) return token;
  }
  throw new Error(`nothing was mailed to ${email}`);
}

async function register(by: Wallet, phone: Phone, name: string, face: object = {}) {
  const { verifyingKey } = phone;
  const { challenge } = await by.call('getDeviceChallenge', {
    params: { device_verifying_key: verifyingKey },
  });
  const body = { device_verifying_key: verifyingKey, challenge, device_name: name, ...face };
  return by.call('registerWalletDevice', { body: phone.signed(body) });
}

async function refused(what: string, code: string, work: () => Promise<unknown>): Promise<void> {
  await step(`refused: ${what} (${code})`, async () => {
    const said = await work().then(
      () => 'let in',
      (error: unknown) => (error instanceof ApiError ? error.code : String(error)),
    );
    if (said !== code) throw new Error(`${what}: ${said} in place of ${code}`);
  });
}

/** What only Ada knows; the engine never sees it. */
const secret = scryptSync('correct horse battery staple', 'ada@people.example', 32);

/** Shares of a key as an MPC library would hand them out, and as the phone encrypts them. */
function keyShares() {
  return [1, 2].map((party) => {
    const plain = randomBytes(32).toString('hex');
    const described = {
      key_id: 'savings',
      algorithm: 'ecdsa-secp256k1',
      public_key: '02ab',
      threshold: 2,
      party,
    };
    return { plain, sealed: { ...described, ciphertext: seal(plain) } };
  });
}

function seal(plain: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function open(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString();
}
