/**
 * An engine's storage as a process of its own, for tests that kill it. Writes lines: `ready <pid of PostgreSQL>`,
 * then for each committed row `ok <name>`; `error <message>` and exit code 1 when it does not start.
 * Arguments: data directory, prefix of the rows' names; without a prefix it writes none.
 */
import { systemClock, systemRandom } from '../../engine/system.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from './keys.ts';

const [dataDir = '', prefix] = process.argv.slice(2);
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const tenantId = systemRandom.uuid();

try {
  const server = await startEmbedded({ dataDir, log, clock: systemClock, settings: { fsync: 'off' } });
  const store = await openStore({
    keys: fixedKeys,
    database: server.connection,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  process.on('SIGTERM', () => {
    store
      .close()
      .then(() => server.stop())
      .then(() => process.exit(0));
  });
  say(`ready ${server.pid()}`);
  const write = async (lane: number): Promise<void> => {
    for (let n = 0; ; n++) {
      const name = `${prefix}/${lane}/${n}`;
      await store.commit({
        tenantId,
        writes: [{ insert: 'settings', row: { name, value: n, version: 1 } }],
        ...(n % 2 === 0 ? { audit: [{ eventType: 'written', actor: 'engine' }] } : {}),
      });
      say(`ok ${name}`);
    }
  };
  if (prefix !== undefined)
    for (let lane = 0; lane < 4; lane++) write(lane).catch((error: Error) => say(`refused ${error.message}`));
  setInterval(() => {}, 60_000);
} catch (error) {
  say(`error ${(error as Error).message}`);
  process.exitCode = 1;
}
