/** Fails deep inside. */
import t from 'tap';

t.test('outer', async (t) => {
  await t.test('inner', async (t) => {
    t.equal(1, 2, 'a nested assertion');
  });
});
