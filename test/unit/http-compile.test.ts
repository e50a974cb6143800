import t from 'tap';
import { link } from '../../transport/apis/link/facade.ts';
import { compiledLater, compileWaiting } from '../../transport/http/compile.ts';
import { createRouter } from '../../transport/http/router.ts';
import { scannerCalls } from '../../transport/scanner/calls.ts';

/** Whose pauses are over at once. */
const hasty = {
  after(_ms: number, fire: () => void): () => void {
    const immediate = setImmediate(fire);
    return () => clearImmediate(immediate);
  },
};

t.test('every schema of the families and of the scanner protocol compiles', async (t) => {
  const { routes } = createRouter([link]);
  t.ok(routes.length > 0 && Object.keys(scannerCalls).length > 0);
  await t.resolves(compileWaiting(hasty));
});

t.test('what is compiled later is compiled once, at its first use', async (t) => {
  let compiled = 0;
  const double = compiledLater(() => {
    compiled += 1;
    return (value: number) => value * 2;
  });
  t.equal(compiled, 0);
  t.equal(double(2), 4);
  t.equal(double(3), 6);
  await compileWaiting(hasty);
  t.equal(compiled, 1);
});

t.test('a schema that does not compile is found after the start', async (t) => {
  compiledLater(() => {
    throw new Error('broken schema');
  });
  await t.rejects(compileWaiting(hasty), { message: 'broken schema' });
});
