/** A whole engine in a process of its own that says how it is: started by the fuzz scenario, attacked over its listeners. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pino } from 'pino';
import { readConfig } from '../../engine/config.ts';
import { startNode } from '../../transport/node/start.ts';
import { servePeer } from '../harness/peer.ts';
import { type Memory, prototypeNames, readMemory } from './state.ts';

export interface EngineSettings {
  readonly environment: Readonly<Record<string, string>>;
}

export interface EngineReady {
  readonly publicUrl: string;
  readonly deviceUrl: string;
  readonly opsUrl: string;
  readonly bootstrapFile: string;
}

/** Longer lines are findings: a log is read by people and by collectors with bounds of their own. */
const LOG_LINE_BYTES_MAX = 16 * 1024;
const LINES_KEPT = 10;

export interface EngineState {
  readonly memory: Memory;
  /** Prototype properties that were not there at the start. */
  readonly polluted: readonly string[];
  readonly logLines: number;
  readonly logLongest: number;
  /** Lines of level `error`, lines that are too long and lines with a secret: how many, and the first of them. */
  readonly badLines: number;
  readonly badLinesShown: readonly string[];
  /** The longest that the event loop was held up since the last look. */
  readonly blockedMs: number;
}

/** Asks for the state, or names what no log line may hold. */
export type EngineAsk =
  | { readonly kind: 'state' }
  | { readonly kind: 'secrets'; readonly secrets: readonly string[] };

const ERROR_LEVEL = 50;
let secrets: readonly string[] = [];
let lines = 0;
let longest = 0;
let bad = 0;
const shown: string[] = [];

function takeLine(line: string): void {
  lines += 1;
  longest = Math.max(longest, line.length);
  const isError = (JSON.parse(line) as { readonly level: number }).level >= ERROR_LEVEL;
  if (!isError && line.length <= LOG_LINE_BYTES_MAX && !secrets.some((secret) => line.includes(secret)))
    return;
  bad += 1;
  if (shown.length < LINES_KEPT) shown.push(line.slice(0, 2_000));
}

const known = new Set(prototypeNames());
const delay = monitorEventLoopDelay({ resolution: 10 });

async function state(): Promise<EngineState> {
  const blockedMs = Math.round(delay.max / 1e6);
  const memory = await readMemory();
  delay.reset();
  return {
    memory,
    polluted: prototypeNames().filter((name) => !known.has(name)),
    logLines: lines,
    logLongest: longest,
    badLines: bad,
    badLinesShown: shown,
    blockedMs,
  };
}

async function start({ environment }: EngineSettings): Promise<EngineReady> {
  const log = pino(
    { level: 'info', base: null, serializers: { error: pino.stdSerializers.err } },
    { write: takeLine },
  );
  const node = await startNode(readConfig(environment), log);
  // A parent that is gone takes this process along; what is stored under it is thrown away with its folder.
  process.once('SIGTERM', () => void node.stop().finally(() => process.exit(0)));
  delay.enable();
  const { publicUrl, deviceUrl, opsUrl, bootstrapFile } = node;
  return { publicUrl, deviceUrl, opsUrl, bootstrapFile };
}

servePeer<EngineSettings, EngineReady>(start, async (message) => {
  const ask = message as EngineAsk;
  if (ask.kind === 'state') return state();
  secrets = ask.secrets;
  return {};
});
