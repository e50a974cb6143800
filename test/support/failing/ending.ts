/** Fails at what it left to its end. */
import t from 'tap';

t.teardown(() => {
  throw new Error('thrown at the end');
});
t.pass('all is well');
