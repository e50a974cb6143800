/** An engine that is killed, and what its log and its inspector say: wallets lose nothing and show nothing. */
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { faceOf } from '../support/faces.ts';
import { SpawnedNode } from '../support/spawned.ts';
import { TestTenant } from '../support/tenant.ts';
import { keyShare, WalletHolder } from '../support/wallet-holder.ts';

const node = await SpawnedNode.start({ THENAR_LOG_LEVEL: 'trace' });
const tenant = await TestTenant.create(node);
const secret = 'the encrypted share, which nobody else must see';
const wallet = await WalletHolder.register(node, tenant);
const registered = faceOf(1);

async function restarted(): Promise<void> {
  await node.kill();
  await node.start();
}

t.test('a wallet with a face and a share', async (t) => {
  t.equal((await wallet.registerFace(registered)).status, 201);
  t.equal((await wallet.backUp(keyShare('a', { ciphertext: secret }))).status, 201);
  t.match(await wallet.recover(faceOf(1)), { status: 200, json: { keyshares: [{ ciphertext: secret }] } });
});

t.test('an engine that is killed while it looks at a face gives no more attempts', async (t) => {
  let mismatches = 0;
  for (let round = 1; round <= limits.face_attempts_max + 2; round += 1) {
    const asked = wallet.recover(faceOf(2)).catch(() => null);
    // Odd rounds are answered; even ones are cut off wherever they are.
    if (round % 2 === 1) mismatches += (await asked)?.code === (100508 as unknown) ? 1 : 0;
    await restarted();
    await asked;
  }
  t.ok(mismatches <= limits.face_attempts_max);
  const counted = await wallet.call('GET', '/transactions?type=recovery&status=failed');
  t.ok(counted.json.pagination.total >= mismatches, 'what was answered was committed');
  const last = [];
  for (let round = 0; round < limits.face_attempts_max; round += 1)
    last.push(await wallet.recover(faceOf(2)));
  const answered = last.filter(({ code }) => code === (100508 as unknown)).length;
  t.ok(mismatches + answered <= limits.face_attempts_max, 'with those that a kill cut off, never more');
  t.match(await wallet.recover(faceOf(1)), { status: 429, code: 100509 });
});

t.test('neither the log nor the inspector shows a scan, a share or a token', async (t) => {
  const shown: string[] = [node.logged];
  const listed = await fetch(new URL('/actors?limit=500', node.opsUrl));
  const actors = (await listed.json()) as { readonly actors: readonly { readonly key: string }[] };
  shown.push(JSON.stringify(actors));
  for (const { key } of actors.actors) {
    shown.push(await (await fetch(new URL(`/actors/${encodeURIComponent(key)}`, node.opsUrl))).text());
  }
  t.ok(node.logged.includes('migration') || node.logged.length > 0, 'there is a log');
  for (const text of [secret, registered.faceScan.slice(100, 140), wallet.token]) {
    t.notOk(
      shown.some((place) => place.includes(text)),
      text.slice(0, 12),
    );
  }
});
