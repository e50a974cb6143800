/** A million bad inputs over every way in: nothing crashes, nothing leaks, nothing answers 500. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uwsFolder } from '../../test/support/require.ts';
import type { Bench } from '../harness/bench.ts';
import { startPeer } from '../harness/peer.ts';
import { scenario } from '../harness/scenario.ts';
import { benchEnvironment } from '../load/stage.ts';
import { AttackedEngine, type Surface } from './attack.ts';
import type { DecoderAsk, DecoderReport, DecoderSettings } from './decoders/peer.ts';
import type { EngineState } from './engine.ts';
import { Findings } from './finding.ts';
import type { Memory } from './state.ts';
import { nodeSurfaces, uwsSurfaces } from './surfaces.ts';

type Parameter = 'inputs';

/** Of a hundred inputs so many go to decoders in a process of their own; the others over the network. */
const DECODERS = 54;
const NODE = 40;

/** A first portion warms caches up; growth is looked for between the two halves that follow. */
const PORTIONS = [0.1, 0.45, 0.45] as const;

/**
 * What may stay behind: what caches of bounded size and the engine's own records take while they fill. A leak of one
 * small object an input would be above it.
 */
const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
const GROWTH_BYTES_PER_INPUT_MAX = 24;

export const fuzz = scenario({
  name: 'fuzz',
  summary: 'bad inputs over HTTP, WebSocket and every decoder: no crash, no leak, no 500',
  baseline: 'nothing: a run is right or names the inputs that were not taken well',
  parameters: {
    inputs: { what: 'bad inputs in all', full: 1_000_000, quick: 20_000, least: 100 },
  },
  goals: [],
  apart: true,
  packages: ['ws', 'ajv', 'jose', '@fastify/busboy', 'fast-png', 'node-forge', '@peculiar/x509'],
  async run(bench) {
    const folder = mkdtempSync(join(tmpdir(), 'thenar-fuzz-findings-'));
    const findings = new Findings(folder);
    const { inputs } = bench.values;
    const decoded = Math.round((inputs * DECODERS) / 100);
    // Decoders keep one core busy, and the network hardly two.
    const [lines] = await Promise.all([
      decoders(bench, decoded, folder),
      network(bench, inputs - decoded, findings),
    ]);
    bench.fact('inputs', inputs);
    bench.fact('findings', findings.total + lines.length);
    if (findings.total + lines.length === 0) return;
    const shown = [...lines, ...findings.lines()].slice(0, 40).join('\n  ');
    throw new Error(`not taken well (seed ${bench.seed}; inputs in ${folder}):\n  ${shown}`);
  },
});

async function network(bench: Bench<Parameter>, inputs: number, findings: Findings): Promise<void> {
  const uws = uwsFolder();
  const onNode = uws === null ? inputs : Math.round((inputs * NODE) / (100 - DECODERS));
  await engine(bench, 'node', onNode, findings, nodeSurfaces);
  if (uws === null) bench.fact('uWebSockets.js', 'not on this machine (THENAR_UWS_PATH)');
  else {
    const { version } = JSON.parse(readFileSync(join(uws, 'package.json'), 'utf8')) as { version: string };
    bench.fact('uWebSockets.js', version);
    await engine(bench, uws, inputs - onNode, findings, uwsSurfaces);
  }
}

/** @returns findings */
async function decoders(bench: Bench<Parameter>, inputs: number, folder: string): Promise<readonly string[]> {
  const settings: DecoderSettings = { seed: bench.seed, folder };
  const peer = await startPeer<object>(new URL('./decoders/peer.js', import.meta.url), settings);
  bench.atEnd(() => peer.stop());
  const readings: Memory[] = [];
  let report: DecoderReport | null = null;
  const counts: Record<string, number> = {};
  for (const { from, until } of portionsOf(inputs)) {
    const ask: DecoderAsk = { from, until };
    report = (await peer.ask(ask)) as DecoderReport;
    readings.push(report.memory);
    for (const [name, count] of Object.entries(report.inputs)) counts[name] = (counts[name] ?? 0) + count;
    bench.say(
      `  decoders: slowest input ${report.slowest.name} ${report.slowest.number}, ${report.slowest.ms.toFixed(0)} ms`,
    );
  }
  await peer.stop();
  for (const [name, count] of Object.entries(counts)) bench.fact(`decoders: ${name}`, count);
  const found = sayMemory(bench, 'decoders', readings, inputs);
  if (report === null) return found;
  const polluted = report.polluted.map((name) => `decoders: ${name} is new on a prototype`);
  return [...found, ...polluted, ...report.lines];
}

async function engine(
  bench: Bench<Parameter>,
  driver: string,
  inputs: number,
  findings: Findings,
  surfacesOf: (engine: AttackedEngine, findings: Findings) => readonly Surface[],
): Promise<void> {
  const attacked = await AttackedEngine.start({
    ...benchEnvironment(`${bench.folder('fuzz')}/data`),
    THENAR_HTTP_DRIVER: driver,
    THENAR_WORKERS: '1',
  });
  bench.atEnd(() => attacked.stop());
  const surfaces = surfacesOf(attacked, findings);
  const states: EngineState[] = [];
  const plans = surfaces.map((surface) => portionsOf(Math.round((inputs * surface.share) / 100)));
  for (const portion of PORTIONS.keys()) {
    for (const [at, surface] of surfaces.entries()) {
      const { from, until } = plans[at]?.[portion] ?? { from: 0, until: 0 };
      bench.say(`  ${surface.name}: inputs ${from} to ${until}`);
      await attacked.send(surface, bench.seed, from, until);
    }
    for (const { lanes } of surfaces) for (const lane of lanes) lane.close();
    states.push(await attacked.state());
  }
  const slow = await attacked.settle(findings);
  const [name = driver] = surfaces.map((surface) => surface.name);
  bench.fact(`${name}: slow clients, all cut off`, slow);
  for (const surface of surfaces) sayCounts(bench, surface);
  const found = sayMemory(
    bench,
    `engine of ${name}`,
    states.map(({ memory }) => memory),
    inputs,
  );
  for (const what of [...found, ...judged(states)]) {
    findings.add({ surface: name, number: 0, what, input: new Uint8Array() });
  }
  const last = states.at(-1);
  if (last === undefined) return;
  bench.fact(`${name}: log lines`, last.logLines);
  bench.fact(`${name}: longest log line, bytes`, last.logLongest);
  bench.fact(
    `${name}: event loop held up at most, ms`,
    Math.max(...states.map(({ blockedMs }) => blockedMs)),
  );
  await attacked.stop();
}

function judged(states: readonly EngineState[]): string[] {
  const last = states.at(-1);
  if (last === undefined) return [];
  return [
    ...last.polluted.map((name) => `${name} is new on a prototype`),
    ...(last.badLines === 0
      ? []
      : [`${last.badLines} log lines that should not be: ${last.badLinesShown.join('\n    ')}`]),
  ];
}

function portionsOf(inputs: number): { readonly from: number; readonly until: number }[] {
  let from = 0;
  return PORTIONS.map((portion, at) => {
    const until = at === PORTIONS.length - 1 ? inputs : from + Math.round(inputs * portion);
    const range = { from, until };
    from = until;
    return range;
  });
}

function sayCounts(bench: Bench<Parameter>, { name, lanes }: Surface): void {
  const sums: Record<string, number> = {};
  for (const { counts } of lanes) {
    for (const [kind, count] of Object.entries(counts)) sums[kind] = (sums[kind] ?? 0) + count;
  }
  for (const [kind, count] of Object.entries(sums).sort()) bench.fact(`${name}: ${kind}`, count);
}

/** A leak grows with the inputs, in the second half as in the first; a cache that fills stops. */
function sayMemory(
  bench: Bench<Parameter>,
  name: string,
  readings: readonly Memory[],
  inputs: number,
): string[] {
  const totals = readings.map(({ heap, external }) => heap + external);
  const mebibytes = totals.map((bytes) => (bytes / 1024 / 1024).toFixed(1));
  bench.fact(`${name}: MiB after warm-up, half, end`, mebibytes.join(' '));
  const [, half = 0, end = 0] = totals;
  const most = GROWTH_BYTES_MAX + GROWTH_BYTES_PER_INPUT_MAX * inputs * PORTIONS[2];
  return end - half <= most
    ? []
    : [`${name}: memory grew by ${Math.round((end - half) / 1024)} KiB in the second half`];
}
