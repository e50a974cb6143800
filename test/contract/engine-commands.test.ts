/** What the `thenar` command says beside an engine that was killed and runs again, and one that does not run. */
import t from 'tap';
import { SpawnedNode } from '../support/spawned.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await SpawnedNode.start();
const tenant = await TestTenant.create(node);
await tenant.enrol(await tenant.scanner(), 1);
await node.kill();
await node.start();

t.test('the audit log can be checked, whether the engine runs or not', async (t) => {
  const running = await node.command('audit', 'verify');
  t.equal(running.code, 0, running.out);
  const lines = running.out.trim().split('\n');
  t.ok(
    lines.length >= 2 && lines.every((line) => / \d+ records stand, \d+ checkpoints$/.test(line)),
    'the platform’s chain and the tenant’s',
  );
  t.equal(await node.stop(), 0, 'an orderly end');
  const stopped = await node.command('audit', 'verify');
  t.equal(stopped.code, 0, stopped.out);
  // An orderly end signs one checkpoint more; the records are the same.
  t.ok(recordsOf(running.out) > 0);
  t.equal(recordsOf(stopped.out), recordsOf(running.out));
});

t.test('a second engine on the same data is refused with one line', async (t) => {
  await node.start();
  const second = await node.command('serve');
  t.equal(second.code, 1);
  t.match(second.out, /^thenar: /);
  t.equal(second.out.trim().split('\n').length, 1, second.out);
});

/** How many records of the tenant's chain were read. */
function recordsOf(told: string): number {
  const line = told.split('\n').find((each) => each.startsWith(tenant.tenantId)) ?? '';
  return Number(/ (\d+) records stand/.exec(line)?.[1] ?? 0);
}
