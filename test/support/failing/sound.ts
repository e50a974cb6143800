/** What a test file is when nothing is wrong with it: three tests, one of them skipped, and two assertions outside. */
import t from 'tap';

t.test('holds', async (inner) => {
  inner.pass('inside');
  t.pass('asserted outside of the test that is running');
});
t.test('holds too', async (t) => {
  await t.test('deeper', async (t) => {
    t.pass('inside');
  });
});
t.test('does not apply', { skip: 'for a reason' }, async () => {});
t.pass('outside');
