/** Ends its process, as if all were well, before its tests are over. */
import t from 'tap';

t.test('leaves', async () => process.exit(0));
t.fail('never said');
