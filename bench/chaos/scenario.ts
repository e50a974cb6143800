import { type Scenario, scenario } from '../harness/scenario.ts';
import { type Parameter, runChaos } from './run.ts';
import { embeddedVictims, serverVictims } from './victims.ts';

const parameters = {
  kills: { what: 'times that the engine is killed', full: 100, quick: 10 },
  scanners: { what: 'scanners at work, each with an integrator', full: 4, quick: 2 },
} as const;

const baseline = 'a ledger outside the engine, which holds every acknowledgement';

export const chaos: Scenario<Parameter> = scenario({
  name: 'chaos',
  summary: 'SIGKILL at random moments of work and of starting, and nothing acknowledged missing or doubled',
  baseline,
  parameters,
  goals: [],
  apart: true,
  run: (bench) => runChaos(bench, embeddedVictims()),
});

export const chaosServers: Scenario<Parameter> = scenario({
  name: 'chaos-servers',
  summary: 'the same on a PostgreSQL and a Redis of this machine, which are killed too',
  baseline,
  parameters,
  goals: [],
  apart: true,
  async run(bench) {
    const victims = await serverVictims(bench);
    if (victims !== null) return runChaos(bench, victims);
    bench.say('  needs postgres (15 or later, below /usr/lib/postgresql) and redis-server on this machine');
    bench.fact('skipped', true);
  },
});
