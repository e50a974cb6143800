/** Nobody waits for what rejects. */
import t from 'tap';

t.test('leaves a promise alone', async () => {
  void Promise.reject(new Error('rejected unheard'));
  await new Promise(setImmediate);
});
