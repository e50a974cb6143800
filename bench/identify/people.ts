/** Whose palms the load benches hold, and what the scanners show of them. */

import { extractTemplate } from '../../engine/palm/extract.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import { drawnGallery } from '../ann/gallery.ts';
import { galleryHand } from '../load/gallery.ts';
import { renderPalm } from '../palms/render.ts';
import type { SentScan } from '../scanner/wire.ts';

/** Changes with anything that gives other templates for the same seed. */
export const galleryVersion = 'drawn-1';

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
  readonly #drawn: (palm: number, sample: number) => PalmTemplate;

  constructor(seed: number, palms: number) {
    this.#seed = seed;
    this.#palms = palms;
    this.#drawn = drawnGallery(seed);
  }

  readonly template = (palm: number, sample: number): PalmTemplate =>
    palm < RENDERED ? extractTemplate(this.#render(palm, sample)) : this.#drawn(palm, sample);

  /** A sample of an enrolled palm that is not itself enrolled. */
  templateOf(palm: number, sample = 0): Shown {
    const data = encodeTemplate(this.template(palm, PROBE_SAMPLE + sample));
    return { scan: { format: 'template', model: palmModel, data, palm_type: galleryHand }, palm };
  }

  /** Scans made before the clock runs: nine of ten of enrolled palms, every tenth of a stranger. */
  shown(kind: Kind, count: number): Shown[] {
    return Array.from({ length: count }, (_, n) => {
      const stranger = n % 10 === 9;
      if (kind === 'image') return this.#image(stranger ? this.#palms + n : n % RENDERED, n, stranger);
      if (stranger) return { ...this.templateOf(this.#palms + n, n), palm: null };
      const drawn = Math.max(1, this.#palms - RENDERED);
      return this.templateOf(Math.min(this.#palms - 1, RENDERED + ((n * 7_919) % drawn)), n);
    });
  }

  #image(palm: number, n: number, stranger: boolean): Shown {
    const { width, height, pixels } = this.#render(palm, PROBE_SAMPLE + n);
    const scan = { format: 'image', encoding: 'raw8', width, height, data: pixels, palm_type: galleryHand };
    return { scan: scan as SentScan, palm: stranger ? null : palm };
  }

  #render(identity: number, sample: number) {
    return renderPalm({ seed: this.#seed, identity, hand: galleryHand, sample });
  }
}
