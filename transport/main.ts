#!/usr/bin/env node
/** The `thenar` command. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { assetPath } from '../engine/asset.ts';
import { adminCommands } from './cli/admin.ts';
import { auditCommand } from './cli/audit.ts';
import { describeCommand } from './cli/describe.ts';
import { explain, serveCommand } from './cli/serve.ts';
import { verificationServerCommand } from './cli/verification-server.ts';

const { version } = JSON.parse(readFileSync(assetPath('package.json'), 'utf8')) as { version: string };

const program = new Command('thenar')
  .description('Multi-tenant, real-time palm identity engine')
  .version(version)
  .showHelpAfterError('(add --help for the options)');

serveCommand(program);
adminCommands(program);
auditCommand(program);
describeCommand(program, version);
verificationServerCommand(program);

// Simulators and benches load what a serving engine never needs, so they are read when they are asked for.
program
  .command('demo')
  .description('enrol, verify and identify simulated people, live, on a temporary engine')
  .option('--people <COUNT>', 'people to enrol, both hands', '50')
  .option('--keep', 'keep serving at the end')
  .option('--wallet', 'the story of a wallet instead: a phone is lost, and everything comes back with a face')
  .option('--seed <NUMBER>', 'seed of the simulated palms', '1')
  .action(async (options) =>
    options.wallet === true
      ? (await import('../bench/demo/wallet.ts')).runWalletDemo()
      : (await import('../bench/demo/run.ts')).runDemo(options),
  );

program
  .command('scanner')
  .description('simulated scanners against an engine')
  .requiredOption('--public <URL>', 'public listener, for pairing')
  .requiredOption('--device <URL>', 'device listener')
  .option('--code <CODE...>', 'pairing codes, one scanner each')
  .option('--credentials <DIR>', 'where the scanners keep keys and certificates', 'scanners')
  .option('--images <DIR>', 'palm images DIR/<palm>/<sample>.png|pgm instead of the generator')
  .option('--seed <NUMBER>', 'seed of the simulated palms', '1')
  .option('--delay <MS>', 'time a person takes to put the hand down', '0')
  .option('--wrong-palm <SHARE>', 'share of challenges answered with somebody else’s palm', '0')
  .option('--poor-quality <SHARE>', 'share answered with a poor image', '0')
  .option('--ignore <SHARE>', 'share not answered at all', '0')
  .option('--disconnect <SHARE>', 'share answered by hanging up', '0')
  .action(async (options) => (await import('../bench/scanner/command.ts')).runScannerCommand(options));

program
  .command('product')
  .description('a simulated product backend, to register as a linked service')
  .requiredOption('--secret <WHSEC>', 'signing secret that registering it gave')
  .option('--port <PORT>', 'port to serve on', '9500')
  .option('--behaviour <NAME>', 'allow, deny, quiet, lost, fail, garbage or refuse', 'allow')
  .action(async (options) => (await import('../bench/services/command.ts')).runProductCommand(options));

program
  .command('bench [words...]')
  .description('measure; without words, list what there is')
  .allowUnknownOption()
  .action(async (words: string[]) => {
    process.exitCode = await (await import('../bench/command.ts')).runBench(words);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
