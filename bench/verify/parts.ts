/** What a verification cannot do without, each bare and alone, one after the other. */
import { CodeArena, rawScoreCount } from '../../engine/palm/compare.ts';
import { extractProbe, extractTemplate } from '../../engine/palm/extract.ts';
import { decodeProbe, decodeTemplate } from '../../engine/palm/template.ts';
import type { PalmProbe } from '../../engine/palm/types.ts';
import { timed } from '../harness/rounds.ts';
import { HttpClient } from '../load/http.ts';
import { bareEcho, bareHttp } from '../push/bare.ts';
import { bareDatabase } from '../push/database.ts';
import { callBody } from '../push/ours.ts';

import type { SentScan } from '../scanner/wire.ts';
import { type People, RENDERED, type ScanKind } from './people.ts';

/** About as long as the frame of a challenge, and as the header of one with a scan. */
const FRAME_BYTES = 480;
const HEADER_BYTES = 250;

export const partTitles = {
  call: 'HTTP call, RS256 token verified',
  remembered: 'HTTP call, token verified before',
  push: 'ws echo of a challenge over mutual TLS',
  scan: 'ws frame with the scan, and its answer',
  create: 'commit: challenge and audit record',
  match: 'scan to probe, and one exact comparison',
  decide: 'commit: decision, audit record, event, delivery',
} as const;
export type Part = keyof typeof partTitles;
export type Samples = Record<Part | 'sum' | 'strict', number[]>;

export interface Parts {
  /** Each part `count` times. */
  measure(kind: ScanKind, count: number): Promise<Samples>;
  close(): Promise<void>;
}

export async function openParts(folder: string, people: People): Promise<Parts> {
  const [echo, http, database] = await Promise.all([bareEcho(FRAME_BYTES), bareHttp(), bareDatabase(folder)]);
  const client = new HttpClient(http.url, http.token);
  const call = async (path: string): Promise<void> => {
    const { status } = await client.post(path, callBody);
    if (status !== 201) throw new Error(`the bare server answered ${status}`);
  };
  const arena = new CodeArena();
  const scores = new Float64Array(rawScoreCount);
  const slots = [0, RENDERED].map((identity) => {
    const slot = arena.allocate();
    arena.set(slot, codeOf(people.enrolled(identity)));
    return slot;
  });
  return {
    async measure(kind, count) {
      const samples: Samples = {
        call: [],
        remembered: [],
        push: [],
        scan: [],
        create: [],
        match: [],
        decide: [],
        sum: [],
        strict: [],
      };
      const identity = kind === 'image' ? 0 : RENDERED;
      for (let number = 0; number < count; number += 1) {
        const scan = people.probe(identity, number);
        let challengeId = '';
        const one: Record<Part, number> = {
          call: await timed(() => call('/verified')),
          remembered: await timed(() => call('/remembered')),
          create: await timed(async () => {
            challengeId = await database.create();
          }),
          push: await timed(echo.echo),
          scan: await timed(() => echo.scan(bytesOf(scan).length + HEADER_BYTES)),
          match: await timed(async () => {
            arena.compareRaw(probeOf(scan), slots[kind === 'image' ? 0 : 1]!, scores, 0);
          }),
          decide: await timed(() => database.decide(challengeId)),
        };
        for (const [part, ms] of Object.entries(one)) samples[part as Part].push(ms);
        const shared = one.create + one.scan + one.match + one.decide;
        samples.sum.push(one.call + one.push + shared);
        samples.strict.push(one.remembered + one.push / 2 + shared);
      }
      return samples;
    },
    async close() {
      client.close();
      await Promise.all([echo.close(), http.stop(), database.close()]);
    },
  };
}

function bytesOf(scan: SentScan): Uint8Array {
  if (scan.format === 'result') throw new Error('a result has no bytes');
  return scan.data;
}

function probeOf(scan: SentScan): PalmProbe {
  if (scan.format === 'image') return extractProbe({ ...scan, pixels: scan.data });
  return decodeProbe(bytesOf(scan));
}

function codeOf(scan: SentScan) {
  if (scan.format === 'image') return extractTemplate({ ...scan, pixels: scan.data }).code;
  return decodeTemplate(bytesOf(scan)).code;
}
