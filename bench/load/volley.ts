/** HTTP/1.1 as fast as a process of ours can ask: requests made beforehand, over connections that stay. */
import { connect } from 'node:net';
import { newHistogram } from '../harness/load.ts';
import { SeededRandom } from '../palms/random.ts';
import { Line } from './line.ts';

export interface Order {
  readonly host: string;
  readonly port: number;
  /** Whole requests, head and body, asked in turn. */
  readonly requests: readonly string[];
  readonly connections: number;
  /** Requests under way at once on each connection (pipelining, RFC 9112 section 9.3.2); 1: none before the answer. */
  readonly depth: number;
  readonly milliseconds: number;
  /** Arrivals a second, whatever becomes of them; absent: each next request when one before is answered. */
  readonly rate?: number;
  readonly seed: number;
  /** Loopback addresses to come from, so that limits an address do not stand in the way. Default: the usual one. */
  readonly addresses?: number;
}

/** What came of it. */
export interface Volley {
  readonly done: number;
  readonly seconds: number;
  /** Answers with a status beyond 299, by status. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Milliseconds by percentile; in an open loop from the moment each was due. */
  readonly latency: readonly (readonly [percentile: number, ms: number])[];
  /** Processor time that asking took, milliseconds: near the wall clock, and it was the asker that was measured. */
  readonly askerMs: number;
}

const percentiles = [50, 75, 90, 95, 99, 99.9, 99.99] as const;
/** Asks as ordered. @throws Error when a connection ends before its answers */
export async function fire(order: Order): Promise<Volley> {
  const { requests, milliseconds, rate } = order;
  const latency = newHistogram();
  const refusals: Record<string, number> = {};
  let done = 0;
  let next = 0;
  let over = false;
  let underWay = 0;
  let failed: Error | null = null;
  const bytes = requests.map((request) => Buffer.from(request));
  const idle: Line[] = [];
  const waiting: number[] = [];
  let settled: () => void = () => undefined;
  const quiet = new Promise<void>((resolve) => {
    settled = resolve;
  });

  function send(line: Line, due: number): void {
    underWay += 1;
    line.due.push(due);
    line.socket.write(bytes[next++ % bytes.length]!);
  }

  function answered(line: Line, status: string): void {
    const now = performance.now();
    underWay -= 1;
    const due = line.due.shift() ?? now;
    if (status.startsWith('2')) {
      done += 1;
      latency.recordValue(Math.max(1, Math.round((now - due) * 1000)));
    } else refusals[status] = (refusals[status] ?? 0) + 1;
    if (rate === undefined && !over) send(line, now);
    else if (rate !== undefined) {
      const owed = waiting.shift();
      if (owed === undefined) idle.push(line);
      else send(line, owed);
    }
    if (over && underWay === 0 && waiting.length === 0) settled();
  }

  const lines = await open(order, answered, (error) => {
    failed ??= error;
    over = true;
    settled();
  });
  const used = process.cpuUsage();
  const from = performance.now();
  if (rate === undefined) {
    for (const line of lines) {
      line.socket.cork();
      for (let at = 0; at < order.depth; at += 1) send(line, from);
      line.socket.uncork();
    }
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  } else {
    idle.push(...lines);
    await arrive(order, rate, from, (due) => {
      const line = idle.shift();
      if (line === undefined) waiting.push(due);
      else send(line, due);
      return failed === null;
    });
  }
  over = true;
  if (underWay > 0) await quiet;
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(used);
  for (const { socket } of lines) socket.destroy();
  if (failed !== null) throw failed;
  return {
    done,
    seconds,
    refusals,
    latency: percentiles.map((each) => [each, latency.getValueAtPercentile(each) / 1000] as const),
    askerMs: (user + system) / 1000,
  };
}

/** Independent arrivals. A timer is a millisecond late, so what is near is waited for turn by turn. */
async function arrive(
  { milliseconds, seed }: Order,
  rate: number,
  from: number,
  due: (at: number) => boolean,
): Promise<void> {
  const random = new SeededRandom(seed, Math.round(rate));
  let at = from;
  for (;;) {
    at += -Math.log(1 - random.uniform()) * (1000 / rate);
    if (at > from + milliseconds) return;
    while (performance.now() < at) await new Promise((resolve) => setImmediate(resolve));
    if (!due(at)) return;
  }
}

async function open(
  { host, port, connections, addresses }: Order,
  onAnswer: (line: Line, status: string) => void,
  onLost: (error: Error) => void,
): Promise<Line[]> {
  const lines = Array.from({ length: connections }, (_, at) => {
    const localAddress = addresses === undefined ? {} : { localAddress: `127.0.1.${1 + (at % addresses)}` };
    const socket = connect({ host, port, ...localAddress });
    const line = new Line(socket, onAnswer);
    socket.on('error', onLost);
    socket.on('end', () => onLost(new Error('the server closed a connection')));
    return line;
  });
  await Promise.all(
    lines.map(
      ({ socket }) => new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject)),
    ),
  );
  return lines;
}
