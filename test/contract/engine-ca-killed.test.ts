/** A platform CA made anew by an engine that is killed meanwhile: all of it has happened, or none. */
import { once } from 'node:events';
import t from 'tap';
import { attemptSocket } from '../support/node.ts';
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
