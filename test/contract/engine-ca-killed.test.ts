/** What an engine that is killed had said of certificates holds when it is back: all of it has happened, or none. */
import { once } from 'node:events';
import t from 'tap';
import { TlsMemory } from '../../bench/scanner/connect.ts';
import { attemptSocket, deviceRest } from '../support/node.ts';
import { SpawnedNode } from '../support/spawned.ts';
import { TestTenant } from '../support/tenant.ts';

const path = '/v1/admin/ssl/ca-cert';
const node = await SpawnedNode.start();
const tenant = await TestTenant.create(node);
const generation = async (): Promise<number> => (await node.platform('GET', path)).data.generation;
const regenerate = () => node.platform('POST', `${path}/regenerate`, { confirm: true });

/** Killed by `when`, counted from the request; what the generation says then holds for the scanner. */
async function killedMeanwhile(
  when: (closed: Promise<unknown>) => Promise<unknown>,
): Promise<'kept' | 'ended'> {
  const scanner = await tenant.scanner();
  const before = await generation();
  const closed = once(scanner.client, 'closed');
  const asked = regenerate().catch(() => null);
  await when(closed);
  await node.kill();
  await asked;
  await node.start();
  const after = await generation();
  t.ok(after === before || after === before + 1, `${before} became ${after}`);
  const fate = after === before ? 'kept' : 'ended';
  const expected = fate === 'kept' ? 'open' : 'refused';
  t.equal(await attemptSocket(node.urls.deviceUrl, scanner.credentials), expected, fate);
  return fate;
}

t.test('killed with the request hardly there', async (t) => {
  const fate = await killedMeanwhile(async () => undefined);
  t.comment(fate);
  const next = await tenant.pairScanner();
  t.equal(await attemptSocket(node.urls.deviceUrl, next.credentials), 'open');
});

t.test('killed when the first scanner hears of it', async (t) => {
  t.equal(await killedMeanwhile((closed) => closed), 'ended', 'what anybody was told had been committed');
  const next = await tenant.pairScanner();
  t.equal(await attemptSocket(node.urls.deviceUrl, next.credentials), 'open');
});

t.test('a revocation that was answered is read before the first handshake', async (t) => {
  const [revoked, other] = [await tenant.scanner(), await tenant.scanner()];
  const { deviceUrl } = node.urls;
  // With the TLS session of a connection that was let in, which the next engine could resume.
  const memory = new TlsMemory();
  t.equal(await attemptSocket(deviceUrl, revoked.credentials, memory), 'open');
  t.ok(memory.session);
  t.equal((await tenant.call('DELETE', `/v1/devices/${revoked.credentials.deviceId}`)).status, 200);
  await node.kill();
  await node.start();
  t.equal(await attemptSocket(deviceUrl, revoked.credentials, memory), 'refused', 'over WebSocket');
  await t.rejects(deviceRest(deviceUrl, revoked.credentials, 'GET', '/v1/challenges/pending'), 'over REST');
  t.equal(await attemptSocket(deviceUrl, other.credentials), 'open', 'and nobody else');
});

t.test('a scanner that was thrown out stays out, whether or not anybody was told', async (t) => {
  const scanner = await tenant.scanner();
  const closed = once(scanner.client, 'closed');
  const asked = tenant.call('DELETE', `/v1/devices/${scanner.credentials.deviceId}`).catch(() => null);
  const [how] = await closed;
  await node.kill();
  await asked;
  await node.start();
  t.match(how, { code: 4401 });
  t.equal(await attemptSocket(node.urls.deviceUrl, scanner.credentials), 'refused');
});
