/** Asserts less than it said. */
import t from 'tap';

t.test('a plan', async (t) => {
  t.plan(2);
  t.pass('the only one');
});
