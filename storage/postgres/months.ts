import { limits } from '../../engine/limits.ts';
import { type Client, run } from './client.ts';
import { Parameters } from './sql.ts';

/**
 * Makes the audit table's partitions of this month and the next ones, well before the first record of a month: a
 * month that begins without one is served by the default partition, whose records move over later.
 * @param now epoch milliseconds
 */
export async function prepareMonths(client: Client, now: number): Promise<void> {
  const today = new Date(now);
  for (let ahead = 0; ahead <= limits.audit_months_ahead; ahead += 1) {
    const parameters = new Parameters();
    const month = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead);
    const text = `SELECT thenar_audit_month(${parameters.add('time', month)})`;
    await run(client, { text, parameters: parameters.list });
  }
}

/** Whether the server names the audit table, or a partition of it. */
export function isAuditTable(name: string): boolean {
  return /^audit(_default|_y\d+m\d\d)?$/.test(name);
}
