/** Fails outside of the test that is running, and on nothing inside it. */
import t from 'tap';

t.test('asserts on the whole file', async () => {
  t.equal(1, 2, 'an outer assertion');
});
