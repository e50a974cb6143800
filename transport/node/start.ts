/** The composition root: opens storage, then puts the node together on it. */
import { readFileSync } from 'node:fs';
import { assetPath } from '../../engine/asset.ts';
import type { Config } from '../../engine/config.ts';
import { Meter } from '../../engine/meter.ts';
import { Phases } from '../../engine/phases.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { SteadyClock } from '../../engine/steady-clock.ts';
import { systemClock } from '../../engine/system.ts';
import { noTracer } from '../../engine/trace/spans.ts';
import type { Tracing, TracingPorts } from '../tracing/open.ts';
import type { RunningNode } from './assemble.ts';
import { openStorage } from './storage.ts';

export type { RunningNode } from './assemble.ts';

/**
 * @param machine the clock of the machine, unless a test moves it
 * @throws ThenarError or an error of the operating system, each with a message for the operator
 */
export async function startNode(
  config: Config,
  log: Log,
  machine: Clock = systemClock,
): Promise<RunningNode> {
  const clock = new SteadyClock(machine);
  const phases = new Phases(clock);
  phases.note('program and command line', 0);
  const meter = new Meter();
  const { version } = JSON.parse(readFileSync(assetPath('package.json'), 'utf8')) as { version: string };
  const tracing = await startTracing(config, { clock, meter, version });
  const around = { config, log, clock, phases, meter, version, tracing };
  // PostgreSQL and the match workers start on another core while this one reads the rest of the program, which takes
  // longer.
  const opening = phases.time('storage', () => openStorage(config, log, phases));
  const [storage, matcher, rest] = await Promise.allSettled([
    opening,
    import('./matcher.ts').then(({ startMatcher }) => startMatcher(opening, around)),
    phases.time('rest of the program', () => import('./assemble.ts')),
  ]);
  if (storage.status === 'rejected') throw storage.reason;
  try {
    if (matcher.status === 'rejected') throw matcher.reason;
    if (rest.status === 'rejected') {
      await matcher.value.close();
      throw rest.reason;
    }
    const node = await rest.value.assemble(storage.value, matcher.value, around);
    log.info({ phases: phases.list }, 'started');
    return node;
  } catch (error) {
    await storage.value.close();
    throw error;
  }
}

/** Nothing of OpenTelemetry is read when nobody traces. */
async function startTracing({ tracing }: Config, ports: TracingPorts): Promise<Tracing> {
  if (tracing === null) return { tracer: noTracer, close: async () => undefined };
  const { openTracing } = await import('../tracing/open.ts');
  return openTracing(tracing, ports);
}
