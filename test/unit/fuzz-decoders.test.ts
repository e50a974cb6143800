/**
 * A few thousand bad inputs for every reader of bytes from outside. `npm run bench -- fuzz` sends a million, these over
 * the network among them; THENAR_FUZZ_SEED begins elsewhere.
 */
import t from 'tap';
import { allDecoders, runDecoders } from '../../bench/fuzz/decoders/all.ts';
import { Findings } from '../../bench/fuzz/finding.ts';
import { prototypeNames } from '../../bench/fuzz/state.ts';
import { systemClock } from '../../engine/system.ts';

const seed = Number(process.env.THENAR_FUZZ_SEED ?? 1);
const INPUTS = 3_000;

t.test(`bad inputs are refused, with seed ${seed}`, async (t) => {
  const before = prototypeNames();
  const decoders = await allDecoders();
  const findings = new Findings(null);
  const { inputs } = await runDecoders(
    decoders,
    { seed, from: 0, until: INPUTS },
    findings,
    systemClock.monotonic,
  );
  t.same(findings.lines(), []);
  t.same(
    Object.entries(inputs).filter(([, count]) => count === 0),
    [],
    'every decoder got some',
  );
  t.same(prototypeNames(), before, 'and no prototype has changed');
});
