import { readFileSync } from 'node:fs';
import t from 'tap';
import { assemble, kernelPath, kernels } from '../kernel/build.ts';

for (const name of kernels) {
  t.test(`the committed ${name} kernel is what its source assembles to`, async (t) => {
    t.equal(readFileSync(kernelPath(name), 'utf8'), await assemble(name));
  });
}
