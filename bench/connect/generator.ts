/** The load generator of `connect` and `storm`: all scanners in a process of its own, the same for both sides. */
import { createSecureContext } from 'node:tls';
import { servePeer } from '../harness/peer.ts';
import type { Credentials } from '../scanner/pair.ts';
import { type Address, addressOf, LeanScanner } from './lean-scanner.ts';

export type Question =
  /** Connects the first `count` scanners that are not connected; the same scanners every time. */
  | {
      readonly do: 'connect';
      readonly url: string;
      readonly count: number;
      readonly atOnce: number;
      readonly resume: boolean;
    }
  | { readonly do: 'drop' }
  /** Drops all and connects them again at once. */
  | { readonly do: 'storm'; readonly url: string };

export interface Connected {
  readonly seconds: number;
  /** Milliseconds from the start at which each session was open, in order. */
  readonly openedMs: readonly number[];
  readonly resumed: number;
  /** Attempts that failed and were made again, by code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Processor time of this process as a share of the time. */
  readonly processorShare: number;
  /** Connections that ended by themselves since the last question. */
  readonly lost: number;
}

/** A server that refuses a scanner this often will not have it. */
const ATTEMPTS_MAX = 20;
/** Connections begun in one turn of the event loop, so that those begun before get on meanwhile. */
const STARTS_PER_TURN = 32;

const scanners: LeanScanner[] = [];

async function start(credentials: readonly Credentials[]): Promise<number> {
  for (const { certificatePem: cert, keyPem: key } of credentials) {
    scanners.push(new LeanScanner(createSecureContext({ cert, key, minVersion: 'TLSv1.2' })));
  }
  return scanners.length;
}

async function answer(asked: unknown): Promise<Connected | object> {
  const question = asked as Question;
  switch (question.do) {
    case 'connect': {
      const chosen = scanners.slice(0, question.count).filter((scanner) => !scanner.connected);
      return connectAll(chosen, addressOf(question.url), question.atOnce, question.resume);
    }
    case 'drop':
      await Promise.all(scanners.map((scanner) => scanner.drop()));
      return {};
    case 'storm': {
      const chosen = scanners.filter((scanner) => scanner.connected);
      for (const scanner of chosen) void scanner.drop();
      return connectAll(chosen, addressOf(question.url), chosen.length, true);
    }
    default:
      return question satisfies never;
  }
}

async function connectAll(
  chosen: readonly LeanScanner[],
  address: Address,
  atOnce: number,
  resume: boolean,
): Promise<Connected> {
  const failures: Record<string, number> = {};
  const openedMs: number[] = [];
  let resumed = 0;
  let lost = 0;
  for (const scanner of scanners) {
    lost += scanner.lost;
    scanner.lost = 0;
  }
  const from = performance.now();
  const processor = process.cpuUsage();
  const waiting = [...chosen].reverse();
  const lane = async (): Promise<void> => {
    for (let scanner = waiting.pop(); scanner !== undefined; scanner = waiting.pop()) {
      const { tlsResumed } = await openInsistently(scanner, address, resume, failures);
      openedMs.push(performance.now() - from);
      if (tlsResumed) resumed += 1;
    }
  };
  const lanes: Promise<void>[] = [];
  for (let count = 0; count < atOnce; count += 1) {
    lanes.push(lane());
    if (count % STARTS_PER_TURN === 0) await new Promise(setImmediate);
  }
  await Promise.all(lanes);
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(processor);
  return {
    seconds: ms / 1000,
    openedMs,
    resumed,
    failures,
    processorShare: (user + system) / 1000 / ms,
    lost,
  };
}

/** As scanners do that have nothing else: again at once. */
async function openInsistently(
  scanner: LeanScanner,
  address: Address,
  resume: boolean,
  failures: Record<string, number>,
) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await scanner.open(address, resume);
    } catch (error) {
      const code = (error as Error).message;
      failures[code] = (failures[code] ?? 0) + 1;
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

servePeer(({ credentials }: { readonly credentials: readonly Credentials[] }) => start(credentials), answer);
