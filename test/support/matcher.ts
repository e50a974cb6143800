import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { palmModel } from '../../engine/palm/model.ts';
import { protectionOf } from '../../engine/palm/protection.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate, TemplateScan } from '../../engine/palm/types.ts';
import { PoolMatcher, type PoolMatcherOptions } from '../../engine/pool/matcher.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { MemoryKeys } from './keys.ts';
import { alteredCode, seeded, TestLog, type TestPalm, unitVector } from './shard.ts';

export const soon = (): number => systemClock.monotonic() + 20_000;

export function scanOf(palm: TestPalm, template: PalmTemplate): TemplateScan {
  return { format: 'template', model: palmModel, data: encodeTemplate(template), palmType: palm.hand };
}

/** A matcher over real workers with logs and keys in memory; `again` is the same engine after a restart. */
export class MatcherWorld {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'thenar-matcher-'));
  readonly keys = new MemoryKeys();
  readonly logs = new Map<string, TestLog>();
  readonly logReads: string[] = [];
  /** Ids of protections, by palm: what its templates in the log are under. */
  readonly protections = new Map<string, string>();
  readonly fraction = seeded(11);
  matcher: PoolMatcher;
  readonly #options: Partial<PoolMatcherOptions>;

  constructor(options: Partial<PoolMatcherOptions> = {}) {
    this.#options = options;
    this.matcher = this.#start();
  }

  async again(): Promise<void> {
    await this.matcher.close();
    this.matcher = this.#start();
  }

  log(tenantId: string): TestLog {
    const log = this.logs.get(tenantId) ?? new TestLog();
    this.logs.set(tenantId, log);
    return log;
  }

  /** Prepares the palm's templates as scans, commits them to the log, and announces them unless told not to. */
  async enrol(tenantId: string, palm: TestPalm, announce = true): Promise<void> {
    const scans = palm.templates.map((template) => scanOf(palm, template));
    const prepared = await this.matcher.prepare(tenantId, scans, soon());
    if (!prepared.ok) throw new Error(prepared.message);
    const templates = prepared.value.map(({ template }) => template);
    this.protections.set(palm.palmId, prepared.value[0]!.protection);
    const entries = this.log(tenantId).add({ ...palm, templates });
    if (announce) await this.matcher.apply(tenantId, entries);
  }

  /** Another sample of a palm. */
  probe(palm: TestPalm): TemplateScan {
    const { vector, code } = palm.templates[0]!;
    return scanOf(palm, {
      vector: unitVector(this.fraction, vector, 0.3),
      code: alteredCode(this.fraction, code, 0.02),
    });
  }

  async identified(tenantId: string, palm: TestPalm): Promise<string | undefined> {
    const found = await this.matcher.identify(tenantId, this.probe(palm), soon());
    if (!found.ok) throw new Error(found.message);
    return found.value[0]?.palmId;
  }

  #start(): PoolMatcher {
    return new PoolMatcher({
      clock: systemClock,
      random: systemRandom,
      subjectKeys: this.keys,
      dataDir: this.dataDir,
      palmLogAfter: async (tenantId, position, limit) => {
        this.logReads.push(tenantId);
        return this.log(tenantId).after(position, limit);
      },
      protectionOf: async (tenantId) => protectionOf(Buffer.from(tenantId.padEnd(32, '.'))),
      workers: 1,
      ...this.#options,
    });
  }
}
