/** Whom a hall verifies: the first few by images of rendered palms, the others by generated templates. */
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import { renderPalm } from '../palms/render.ts';
import { generateTemplate } from '../palms/templates.ts';
import type { SentScan } from '../scanner/wire.ts';

export type ScanKind = 'template' | 'image';

/** Rendering takes tens of milliseconds a palm, so that these few are shown again and again. */
export const RENDERED = 12;
/** Samples from here on are never enrolled. */
const PROBE_SAMPLE = 100;
/** Different scans of one person, taken in turn. */
const PROBES = 4;

const hand = 'right';

export class People {
  readonly #seed: number;
  readonly #probes = new Map<string, SentScan>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  enrolled(identity: number): SentScan {
    return identity < RENDERED ? this.#image(identity, 0) : this.#template(identity, 0);
  }

  /** A scan of somebody enrolled in a way that has such scans; made once and kept. */
  probe(identity: number, number: number): SentScan {
    const sample = PROBE_SAMPLE + (number % PROBES);
    const name = `${identity}/${sample}`;
    const known = this.#probes.get(name);
    if (known !== undefined) return known;
    const made = identity < RENDERED ? this.#image(identity, sample) : this.#template(identity, sample);
    this.#probes.set(name, made);
    return made;
  }

  /** Makes all of their scans before a clock runs. */
  prepare(people: number): void {
    for (let identity = 0; identity < people; identity += 1) {
      for (let number = 0; number < PROBES; number += 1) this.probe(identity, number);
    }
  }

  #template(identity: number, sample: number): SentScan {
    const data = encodeTemplate(generateTemplate({ seed: this.#seed, identity, hand, sample }));
    return { format: 'template', model: palmModel, data, palm_type: hand };
  }

  #image(identity: number, sample: number): SentScan {
    const { width, height, pixels } = renderPalm({
      seed: this.#seed,
      identity,
      hand,
      sample,
      preset: 'normal',
    });
    return { format: 'image', encoding: 'raw8', width, height, data: pixels, palm_type: hand };
  }
}
