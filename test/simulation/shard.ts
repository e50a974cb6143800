/** One life's matcher over palms that are numbers: it follows the palm log as a shard does, and compares exactly. */
import type { Context } from '../../actors/context.ts';
import { palmLogAfter } from '../../actors/palms/log.ts';
import { protectionsOf } from '../../actors/tenant/rotation.ts';
import { limits } from '../../engine/limits.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { bocvWords, competitiveWords, vectorLength } from '../../engine/palm/sizes.ts';
import { decodeTemplate, encodeTemplate } from '../../engine/palm/template.ts';
import type { Hand, PalmTemplate, TemplateScan } from '../../engine/palm/types.ts';
import type {
  Candidate,
  CodeBeside,
  DuplicatesFound,
  IndexedTemplate,
  Matched,
  PreparedTemplate,
  SubjectKeys,
} from '../../engine/ports.ts';
import { tenantId, tenantRow } from './rows.ts';
import type { World } from './world.ts';

const encoded = new Map<number, Uint8Array>();

/** The template of a person's palm, which is that number and nothing else. */
export function templateOf(person: number): Uint8Array {
  let bytes = encoded.get(person);
  if (bytes === undefined) {
    const vector = new Float32Array(vectorLength);
    vector[0] = 1;
    const code = {
      bocv: new Uint32Array(bocvWords).fill(person),
      competitive: new Uint32Array(competitiveWords),
    };
    bytes = encodeTemplate({ vector, code });
    encoded.set(person, bytes);
  }
  return bytes;
}

export function scanOf(person: number, palmType: Hand): TemplateScan {
  return { format: 'template', model: palmModel, data: templateOf(person), palmType };
}

const personOf = ({ code }: PalmTemplate): number => code.bocv[0]!;
const comparison = (same: boolean) => {
  const fused = same ? 0.9 : 0.1;
  return { scores: [fused], fused };
};

export class SimulatedShard {
  readonly palms = new Map<
    string,
    { readonly userId: string; readonly hand: Hand; readonly person: number }
  >();
  position = 0;
  context!: Context;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async prepare(_tenant: string, scans: readonly TemplateScan[]): Promise<Matched<PreparedTemplate[]>> {
    await this.#work();
    const value = scans.map(({ data, palmType }) => ({
      hand: palmType,
      template: decodeTemplate(data),
      protection: protectionsOf(this.context.sealer, tenantRow()).current.id,
      quality: null,
    }));
    return { ok: true, value };
  }

  async duplicates(
    _tenant: string,
    templates: readonly PreparedTemplate[],
    position: number,
    beside: readonly CodeBeside[],
  ): Promise<DuplicatesFound> {
    await this.#work();
    if (position > this.position) await this.#catchUp();
    const same = (hand: Hand, person: number): boolean =>
      templates.some((one) => one.hand === hand && personOf(one.template) === person);
    const candidates = [...this.palms].flatMap(([palmId, { userId, hand, person }]): Candidate[] =>
      same(hand, person) ? [{ palmId, userId, hand, ...comparison(true) }] : [],
    );
    return {
      candidates: candidates.slice(0, limits.shortlist),
      beside: beside.map(({ hand, code }) =>
        templates.some((one) => one.hand === hand) ? comparison(same(hand, code.bocv[0]!)) : null,
      ),
    };
  }

  /** What is out of order waits for the log to be read. */
  async apply(_tenant: string, entries: readonly IndexedTemplate[]): Promise<void> {
    for (const entry of entries) if (entry.position === this.position + 1) this.#take(entry);
  }

  async rewrite(): Promise<void> {}

  async prepareRenewal(): Promise<void> {}

  async renew(): Promise<void> {}

  async #catchUp(): Promise<void> {
    const { sealer, store, subjectKeys } = this.context;
    const protections = protectionsOf(sealer, tenantRow());
    const reading = { store, keys: subjectKeys, protectionsOf: async () => protections };
    const { id } = protections.current;
    const missing = await palmLogAfter(reading, tenantId, this.position, limits.read_page_max, id);
    for (const entry of missing) if (entry.position === this.position + 1) this.#take(entry);
  }

  #take({ position, operation, palmId, userId, hand, template }: IndexedTemplate): void {
    this.position = position;
    if (operation === 'remove') this.palms.delete(palmId);
    else if (template !== null) this.palms.set(palmId, { userId, hand, person: personOf(template) });
  }

  #work(): Promise<void> {
    return this.#world.sleep(this.#world.random.fraction() * 60);
  }
}

/** Keys that outlive engines, one a subject. */
export class SimulatedKeys implements SubjectKeys {
  readonly keys = new Map<string, Uint8Array>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async ensure(subject: string): Promise<Uint8Array> {
    await this.#world.sleep(this.#world.random.fraction() * 5);
    const key = this.keys.get(subject) ?? this.#world.random.bytes(32);
    this.keys.set(subject, key);
    return key;
  }

  find(subject: string): Uint8Array | null {
    return this.keys.get(subject) ?? null;
  }

  async destroy(subject: string): Promise<void> {
    await this.#world.sleep(this.#world.random.fraction() * 5);
    this.keys.delete(subject);
  }

  async destroyTenant(): Promise<void> {}

  async close(): Promise<void> {}
}
