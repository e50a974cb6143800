/**
 * An engine that is killed ten times at work and while it starts: nothing that was acknowledged is missing or doubled.
 * The same as `npm run bench -- chaos --quick`; THENAR_CHAOS_KILLS makes it longer.
 */
import t from 'tap';
import { chaos } from '../../bench/chaos/scenario.ts';
import { runScenario } from '../../bench/harness/bench.ts';
import { readCommand, settingsOf } from '../../bench/harness/command.ts';
import { FILE_TIMEOUT_MS } from '../support/node.ts';

t.setTimeout(FILE_TIMEOUT_MS);
const {
  THENAR_SEED: seed = String(1 + Math.floor(Math.random() * 1_000_000)),
  THENAR_CHAOS_KILLS: kills = '10',
} = process.env;

t.test(`ten kills (THENAR_SEED=${seed})`, async (t) => {
  const asked = readCommand(['chaos', '--quick', '--seed', seed, '--kills', kills], [chaos]);
  if (asked.kind !== 'run') throw new Error('it is a run');
  let said = '';
  const out = { write: (text: string) => (said += text) };
  const { facts } = await runScenario(chaos, settingsOf(chaos, asked.options, out)).catch(
    (error: unknown) => {
      t.comment(said);
      throw error;
    },
  );
  t.equal(facts['missing or doubled'], 0);
  t.ok(Number(facts['engine killed']) >= Number(kills), `${facts['engine killed']} times`);
  t.ok(Number(facts.acknowledged) > Number(kills), `${facts.acknowledged} acknowledged`);
  t.equal(facts['tenants erased'], facts['tenants deactivated']);
});
