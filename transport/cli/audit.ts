/** `thenar audit verify`: every tenant's chain from its first record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ChainReport } from '../../actors/api.ts';
import type { Config } from '../../engine/config.ts';
import { ThenarError } from '../../engine/errors.ts';
import { openStorage } from '../node/storage.ts';
import { addSettings, readSettings } from './flags.ts';
import { createLog } from './log.ts';

/** What each fault means to whoever has to look into it; `@` is the place. */
const meanings: Readonly<Record<Extract<ChainReport, { ok: false }>['reason'], string>> = {
  gap: 'record @ is missing',
  hash: 'record @ was altered, or is not where it was written',
  surplus: 'record @ was put in beside the chain',
  truncated: 'the chain was cut off before record @',
  head: 'the head of the chain does not name record @, its last one',
  checkpoint: 'record @ is not the one that was signed: the chain was written anew',
  signature: 'the checkpoint at record @ was not signed by this deployment, or was altered',
};

export function auditCommand(program: Command): void {
  const audit = program.command('audit').description('the hash-chained audit log');
  addSettings(
    audit
      .command('verify')
      .description(
        'check that no record was changed, removed, reordered or cut off; exit code 2 when one was',
      ),
  ).action(async (options: Record<string, string | undefined>) => {
    const config = readSettings(options, process.env);
    const reports = (await fromRunningEngine(config)) ?? (await fromStorage(config));
    for (const report of reports) process.stdout.write(`${report.tenantId} ${describe(report)}\n`);
    if (reports.some((report) => !report.ok)) process.exitCode = 2;
  });
}

function describe(report: ChainReport): string {
  if (!report.ok) {
    const what = meanings[report.reason].replace('@', String(report.seq));
    return `BROKEN at ${report.seq} (${report.reason}): ${what}; ${report.records} records before it stand`;
  }
  if (report.erased === true) return 'erased with its tenant';
  return `${report.records} records stand, ${report.checkpoints} checkpoints`;
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
  let response: Response;
  try {
    response = await fetch(new URL('/audit/verify', ops), { headers });
  } catch (error) {
    // The file of an engine that was killed: nobody listens there any more.
    if (error instanceof TypeError) return null;
    throw error;
  }
  if (!response.ok) {
    throw new ThenarError('unavailable', `The running engine answered ${response.status} at ${ops}.`);
  }
  const { chains, error } = (await response.json()) as {
    chains: readonly (ChainReport & { tenant_id: string })[];
    error?: string;
  };
  if (error !== undefined)
    throw new ThenarError('unavailable', `The running engine could not verify: ${error}`);
  return chains.map((chain) => ({ ...chain, tenantId: chain.tenant_id }));
}

async function fromStorage(config: Config): Promise<readonly ChainReport[]> {
  const { verifyChains } = await import('../../actors/audit/verify.ts');
  const storage = await openStorage(config, createLog(config.logLevel));
  try {
    const reports: ChainReport[] = [];
    for await (const step of verifyChains(storage)) if ('report' in step) reports.push(step.report);
    return reports;
  } finally {
    await storage.close();
  }
}
