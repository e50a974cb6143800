/** Users without palms and the templates their palms give, made before the clock runs. */
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { BenchTenant } from '../harness/target.ts';
import { galleryHand } from '../load/gallery.ts';
import { generateTemplate } from '../palms/templates.ts';
import type { SentScan } from '../scanner/wire.ts';

/** Somebody about to be enrolled. */
export interface Person {
  readonly userId: string;
  readonly scan: SentScan;
}

/** One sample of a generated palm as a scanner sends it. */
export function palmScan(seed: number, identity: number, sample = 0): SentScan {
  const template = generateTemplate({ seed, identity, hand: galleryHand, sample });
  return { format: 'template', model: palmModel, data: encodeTemplate(template), palm_type: galleryHand };
}

/** Creates users over REST, several at a time, each with a palm nobody else has. */
export class People {
  readonly #tenant: BenchTenant;
  readonly #seed: number;
  #next: number;

  /** @param from first identity: tenants that share a seed must not share palms */
  constructor(tenant: BenchTenant, seed: number, from = 0) {
    this.#tenant = tenant;
    this.#seed = seed;
    this.#next = from;
  }

  async create(count: number, onCreated: () => void = () => {}): Promise<Person[]> {
    const people = new Array<Person>(count);
    const first = this.#next;
    this.#next += count;
    let next = 0;
    await Promise.all(
      Array.from({ length: Math.min(8, count) }, async () => {
        for (let number = next++; number < count; number = next++) {
          const identity = first + number;
          const body = { external_user_id: `bench-${identity}` };
          const { user_id } = await this.#tenant.integrator.link.call('createUser', { body });
          people[number] = { userId: user_id, scan: palmScan(this.#seed, identity) };
          onCreated();
        }
      }),
    );
    return people;
  }
}
