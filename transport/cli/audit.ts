/** `thenar audit verify`: every tenant's chain from its first record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type ChainReport, verifyChains } from '../../actors/commands/audit.ts';
import type { Config } from '../../engine/config.ts';
import { openStorage } from '../node/storage.ts';
import { addSettings, readSettings } from './flags.ts';
import { createLog } from './log.ts';

export function auditCommand(program: Command): void {
  const audit = program.command('audit').description('the hash-chained audit log');
  addSettings(
    audit.command('verify').description('check that no record was changed, removed or reordered'),
  ).action(async (options: Record<string, string | undefined>) => {
    const config = readSettings(options, process.env);
    const reports = (await fromRunningEngine(config)) ?? (await fromStorage(config));
    for (const report of reports) {
      const what = report.ok
        ? `${report.records} records stand`
        : `broken at ${report.seq} (${report.reason})`;
      process.stdout.write(`${report.tenantId} ${what}\n`);
    }
    if (reports.some((report) => !report.ok)) process.exitCode = 2;
  });
}

/** Null when no engine runs on this data dir. */
async function fromRunningEngine(config: Config): Promise<readonly ChainReport[] | null> {
  let ops: string;
  try {
    ops = (JSON.parse(readFileSync(join(config.dataDir, 'node.json'), 'utf8')) as { ops: string }).ops;
  } catch {
    return null;
  }
  const headers = config.opsToken === null ? {} : { authorization: `Bearer ${config.opsToken}` };
  try {
    const response = await fetch(new URL('/audit/verify', ops), { headers });
    if (!response.ok) throw new Error(`The running engine answered ${response.status} at ${ops}.`);
    const { chains } = (await response.json()) as {
      chains: readonly (ChainReport & { tenant_id: string })[];
    };
    return chains.map((chain) => ({ ...chain, tenantId: chain.tenant_id }));
  } catch (error) {
    // The file of an engine that was killed: nobody listens there any more.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

async function fromStorage(config: Config): Promise<readonly ChainReport[]> {
  const storage = await openStorage(config, createLog(config.logLevel));
  try {
    return await verifyChains(storage.store);
  } finally {
    await storage.close();
  }
}
