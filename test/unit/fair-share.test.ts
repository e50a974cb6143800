import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { FairShare } from '../../transport/scanner/fair-share.ts';

const { scanner_calls_under_way_max: alone, scanner_calls_shared_max: shared } = limits;

function stage() {
  const time = { now: 0 };
  return { time, share: new FairShare({ monotonic: () => time.now }) };
}
const enter = (share: FairShare, tenant: string, times: number): number =>
  Array.from({ length: times }, () => share.enter(tenant)).filter(Boolean).length;

t.test('a tenant that is alone has all there is, and no more', async (t) => {
  const { share } = stage();
  t.equal(enter(share, 'flood', 2 * alone), alone);
  share.leave('flood');
  t.equal(enter(share, 'flood', 3), 1, 'what ended makes room');
});

t.test(
  'a tenant that comes beside one that floods is let in, and the flood has half from then on',
  async (t) => {
    const { share } = stage();
    enter(share, 'flood', alone);
    t.equal(enter(share, 'quiet', shared), shared / 2, 'its own share, whatever the other has');
    for (let left = 0; left < alone - shared / 2; left += 1) share.leave('flood');
    t.equal(share.enter('flood'), false);
    share.leave('flood');
    t.equal(share.enter('flood'), true);
  },
);

t.test('a tenant counts for a second after its last call', async (t) => {
  const { share, time } = stage();
  t.ok(share.enter('quiet'));
  share.leave('quiet');
  t.equal(enter(share, 'flood', shared), shared / 2);
  time.now = limits.scanner_share_memory_ms - 1;
  t.notOk(share.enter('flood'));
  time.now += 1;
  t.ok(share.enter('flood'), 'the other is forgotten');
});

t.test('the first call of a tenant is never refused for the sake of others', async (t) => {
  const { share } = stage();
  for (let tenant = 0; tenant < 2 * shared; tenant += 1) t.ok(share.enter(`tenant-${tenant}`));
  t.notOk(share.enter('tenant-3'), 'its second one is');
});

t.test('while little is under way nobody is counted against others', async (t) => {
  const { share } = stage();
  t.equal(enter(share, 'a', shared / 2 - 2), shared / 2 - 2);
  t.ok(share.enter('b'));
  t.ok(share.enter('b'));
  t.ok(share.enter('c'), 'now half of it is under way');
  t.notOk(share.enter('a'), 'a third each');
});

t.test('leaving without a call changes nothing', async (t) => {
  const { share } = stage();
  share.leave('nobody');
  share.enter('a');
  share.leave('a');
  share.leave('a');
  t.equal(enter(share, 'a', 2 * alone), alone);
});
