/** The Prometheus text format (version 0.0.4), written by hand: a few families do not need a library. */
import { performance } from 'node:perf_hooks';
import type { Dependencies, EngineApi } from '../../actors/api.ts';
import type { RequestMetrics } from '../http/metrics.ts';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly lines: readonly string[];
}

export async function metricsText(api: EngineApi, requests: readonly RequestMetrics[]): Promise<string> {
  const families = [
    ...processFamilies(),
    ...engineFamilies(api),
    ...dependencyFamilies(await api.ops.dependencies()),
    ...(await shardFamilies(api)),
    ...httpFamilies(requests),
  ];
  return `${families
    .filter(({ lines }) => lines.length > 0)
    .map(rendered)
    .join('\n')}\n`;
}

function rendered({ name, help, type, lines }: Family): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

function single(name: string, help: string, type: 'gauge' | 'counter', value: number): Family {
  return { name, help, type, lines: [`${name} ${value}`] };
}

function processFamilies(): Family[] {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  const { utilization } = performance.eventLoopUtilization();
  return [
    single('process_resident_memory_bytes', 'Resident memory.', 'gauge', memory.rss),
    single('process_heap_bytes', 'JavaScript heap in use.', 'gauge', memory.heapUsed),
    single(
      'process_cpu_seconds_total',
      'Processor time of all threads.',
      'counter',
      (cpu.user + cpu.system) / 1e6,
    ),
    single('process_uptime_seconds', 'Since the start.', 'gauge', process.uptime()),
    single('thenar_event_loop_utilization', 'Share of time the main loop was busy.', 'gauge', utilization),
  ];
}

function engineFamilies(api: EngineApi): Family[] {
  const counts = Object.entries(api.ops.counts()).map(
    ([name, value]) => `thenar_count{name="${escapeLabel(name)}"} ${value}`,
  );
  return [
    { name: 'thenar_count', help: 'Counts of the engine by name.', type: 'gauge', lines: counts },
    single('thenar_dead_letters_total', 'Messages nobody took.', 'counter', api.ops.deadLetters().total),
    single('thenar_scanners_connected', 'Live scanner sockets.', 'gauge', api.sessions.connections().length),
  ];
}

/** One series a state, 1 for the one it is in, so that an alert names the state and not a number. */
function dependencyFamilies(found: Dependencies): Family[] {
  const states = {
    database: ['ok', 'slow', 'down'],
    snapshots: ['ok', 'down'],
  } as const;
  const lines = (['database', 'snapshots'] as const).flatMap((name) =>
    states[name].map(
      (state) => `thenar_dependency{name="${name}",state="${state}"} ${found[name] === state ? 1 : 0}`,
    ),
  );
  return [
    { name: 'thenar_dependency', help: 'State of what the engine stands on.', type: 'gauge', lines },
    single(
      'thenar_shards_unsaved',
      'Shards whose file could not be written; they serve from memory.',
      'gauge',
      found.unsavedShards,
    ),
    single(
      'thenar_clock_behind_seconds',
      'How far the clock of the machine is behind what it said before.',
      'gauge',
      found.clockBehindMs / 1000,
    ),
  ];
}

async function shardFamilies(api: EngineApi): Promise<Family[]> {
  const shards = await api.ops.shards();
  const gauge = (name: string, help: string, value: (shard: (typeof shards)[number]) => number): Family => ({
    name,
    help,
    type: 'gauge',
    lines: shards.map(
      (shard) => `${name}{tenant="${escapeLabel(shard.tenantId)}",worker="${shard.worker}"} ${value(shard)}`,
    ),
  });
  return [
    gauge('thenar_shard_palms', 'Palms in the shard of a tenant.', ({ palms }) => palms),
    gauge('thenar_shard_bytes', 'Memory of the shard of a tenant.', ({ bytes }) => bytes),
    gauge('thenar_shard_replay_lag', 'Log entries the shard is behind.', ({ replayLag }) => replayLag),
  ];
}

function httpFamilies(requests: readonly RequestMetrics[]): Family[] {
  return [
    {
      name: 'thenar_http_requests_total',
      help: 'Requests answered.',
      type: 'counter',
      lines: requests.flatMap((each) => each.requestLines()),
    },
    {
      name: 'thenar_http_request_seconds',
      help: 'Time from the first step to the reply.',
      type: 'histogram',
      lines: requests.flatMap((each) => each.durationLines()),
    },
  ];
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
