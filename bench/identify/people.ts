/**
 * Whose palms the load benches hold, and what the scanners show of them: hard-preset palms, rendered where an image is
 * shown and generated at template level for the rest of the gallery.
 */
import { createHash } from 'node:crypto';

import { extractTemplate } from '../../engine/palm/extract.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import { galleryHand } from '../load/gallery.ts';
import { renderPalm } from '../palms/render.ts';
import { generateTemplate, templateModel } from '../palms/templates.ts';
import type { SentScan } from '../scanner/wire.ts';

/** Changes with the model that templates are generated from, so that a prepared gallery is never another's. */
export function galleryVersion(): string {
  return createHash('sha256').update(JSON.stringify(templateModel())).digest('hex').slice(0, 8);
}

/** The first palms are rendered, so that images of them can be shown; rendering all would take an hour. */
const RENDERED = 48;
/** Samples from here on are never enrolled. */
const PROBE_SAMPLE = 100;

/** A scan and the palm it is of; null: of somebody who is not enrolled. */
export interface Shown {
  readonly scan: SentScan;
  readonly palm: number | null;
}

export type Kind = 'template' | 'image';

export class GalleryPeople {
  readonly #seed: number;
  readonly #palms: number;

  constructor(seed: number, palms: number) {
    this.#seed = seed;
    this.#palms = palms;
  }

  readonly template = (palm: number, sample: number): PalmTemplate =>
    palm < RENDERED
      ? extractTemplate(this.#render(palm, sample))
      : generateTemplate({ seed: this.#seed, identity: palm, hand: galleryHand, sample });

  /** A sample of a palm: of an enrolled one, those from `PROBE_SAMPLE` on are not in the gallery. */
  templateOf(palm: number, sample: number): Shown {
    const data = encodeTemplate(this.template(palm, sample));
    return { scan: { format: 'template', model: palmModel, data, palm_type: galleryHand }, palm };
  }

  /** Scans made before the clock runs: nine of ten of enrolled palms, every tenth of a stranger. */
  shown(kind: Kind, count: number): Shown[] {
    return Array.from({ length: count }, (_, n) => {
      const stranger = n % 10 === 9;
      if (kind === 'image') return this.#image(stranger ? this.#palms + n : n % RENDERED, n, stranger);
      if (stranger) return { ...this.templateOf(this.#palms + n, 0), palm: null };
      const generated = Math.max(1, this.#palms - RENDERED);
      return this.templateOf(
        Math.min(this.#palms - 1, RENDERED + ((n * 7_919) % generated)),
        PROBE_SAMPLE + n,
      );
    });
  }

  #image(palm: number, n: number, stranger: boolean): Shown {
    const { width, height, pixels } = this.#render(palm, PROBE_SAMPLE + n);
    const scan = { format: 'image', encoding: 'raw8', width, height, data: pixels, palm_type: galleryHand };
    return { scan: scan as SentScan, palm: stranger ? null : palm };
  }

  #render(identity: number, sample: number) {
    return renderPalm({ seed: this.#seed, identity, hand: galleryHand, sample, preset: 'hard' });
  }
}
