/** A bare PostgreSQL with the engine's binaries, settings and schema, and the commits that benches compare with. */
import { join } from 'node:path';
import postgres from 'postgres';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from '../../test/support/keys.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** As many bytes as the engine's own row has there. */
const sealed = (text: string): Buffer => Buffer.alloc(text.length + 45, 7);

export interface BareDatabase {
  /** One INSERT of a challenge's row, durable. @returns its id */
  commit(): Promise<string>;
  /** The row and the audit record of it, in one statement. @returns the challenge's id */
  create(): Promise<string>;
  /** The decision on it, its audit record, the event and its delivery, in one statement. */
  decide(challengeId: string): Promise<void>;
  close(): Promise<void>;
}

/** @param folder for the cluster */
export async function bareDatabase(folder: string): Promise<BareDatabase> {
  const server = await startEmbedded({ dataDir: join(folder, 'bare'), log: silent, clock: systemClock });
  // Only to have the engine's schema: the rows and their indexes are the same.
  const store = await openStore({
    keys: fixedKeys,
    database: server.connection,
    clock: systemClock,
    random: systemRandom,
    log: silent,
  });
  await store.close();
  const sql = postgres({ ...server.connection, max: 1, onnotice: () => {} });
  const tenant = systemRandom.uuid();
  const device = systemRandom.uuid();
  const user = systemRandom.uuid();
  const hash = Buffer.alloc(32, 7);
  let seq = 0;

  function challenge(id: string, now: Date) {
    return sql`INSERT INTO challenges (challenge_id, tenant_id, type, user_id, external_user_id, device_id,
      hardware_id, replace, status, metadata, created_at, expires_at, attempts, version)
      VALUES (${id}, ${tenant}, 'verify', ${user}, ${sealed('person-0')}, ${device}, 'bench-0', false, 'pending',
      ${sealed(JSON.stringify({ document_id: 'doc-0' }))}, ${now}, ${new Date(+now + 300_000)}, 0, 1)`;
  }
  function record(event: string, id: string, now: Date) {
    seq += 1;
    return sql`INSERT INTO audit (tenant_id, seq, event_type, severity, actor, user_id, at, details, hash)
      VALUES (${tenant}, ${seq}, ${event}, 'info', 'bench', ${user}, ${now},
      ${sealed(JSON.stringify({ challenge_id: id, type: 'verify', device_id: device }))}, ${hash})`;
  }

  return {
    async commit() {
      const id = systemRandom.uuid();
      await challenge(id, new Date());
      return id;
    },
    async create() {
      const id = systemRandom.uuid();
      const now = new Date();
      await sql`WITH c AS (${challenge(id, now)}), a AS (${record('challenge_created', id, now)}) SELECT 1`;
      return id;
    },
    async decide(id) {
      const now = new Date();
      const event = `evt_${systemRandom.uuid()}`;
      const result = { matched: true, scores: Array(10).fill(0.9), thresholds: Array(10).fill(0.8) };
      await sql`WITH c AS (UPDATE challenges SET status = 'completed', presented_at = ${now},
          completed_at = ${now}, result = ${sql.json(result)}, scan_digest = ${hash}, version = 2
          WHERE challenge_id = ${id} AND version = 1),
        a AS (${record('palm_verified', id, now)}),
        e AS (INSERT INTO webhook_events (event_id, tenant_id, event_type, subject, body, created_at)
          VALUES (${event}, ${tenant}, 'verification.complete', ${user}, ${sealed('x'.repeat(500))}, ${now})),
        d AS (INSERT INTO deliveries (delivery_id, tenant_id, webhook_id, event_id, event_type, subject, status,
          attempts, next_attempt_at, created_at)
          VALUES (${`del_${systemRandom.uuid()}`}, ${tenant}, ${device}, ${event}, 'verification.complete', ${user},
          'pending', 0, ${now}, ${now}))
        SELECT 1`;
    },
    async close() {
      await sql.end();
      await server.stop();
    },
  };
}
