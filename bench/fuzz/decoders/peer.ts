/** The decoders in a process of their own, so that one that takes its process along is seen for what it did. */

import { systemClock } from '../../../engine/system.ts';
import { servePeer } from '../../harness/peer.ts';
import { Findings } from '../finding.ts';
import { type Memory, prototypeNames, readMemory } from '../state.ts';
import { allDecoders, type DecoderCounts, runDecoders } from './all.ts';
import type { Decoder } from './decoder.ts';

export interface DecoderSettings {
  readonly seed: number;
  /** Where inputs of findings go. */
  readonly folder: string;
}

export interface DecoderAsk {
  readonly from: number;
  readonly until: number;
}

export interface DecoderReport extends DecoderCounts {
  readonly memory: Memory;
  readonly polluted: readonly string[];
  readonly findings: number;
  readonly lines: readonly string[];
}

const known = new Set(prototypeNames());
/** Nothing is written later here: a moment is enough. */
const SETTLE_MS = 200;
let decoders: readonly Decoder[] = [];
let seed = 0;
let findings = new Findings(null);

servePeer<DecoderSettings, object>(
  async (settings) => {
    decoders = await allDecoders();
    seed = settings.seed;
    findings = new Findings(settings.folder);
    return {};
  },
  async (message): Promise<DecoderReport> => {
    const range = message as DecoderAsk;
    const counts = await runDecoders(decoders, { seed, ...range }, findings, systemClock.monotonic);
    const memory = await readMemory(SETTLE_MS);
    const polluted = prototypeNames().filter((name) => !known.has(name));
    return { ...counts, memory, polluted, findings: findings.total, lines: findings.lines() };
  },
);
