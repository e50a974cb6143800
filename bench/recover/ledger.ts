/** What the engine acknowledged, kept outside it: the judge of what may not be missing after a kill. */

import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import type { Integrator } from '../demo/rest.ts';
import { galleryHand, spareUser } from '../load/gallery.ts';
import type { ScannerClient } from '../scanner/client.ts';
import { ScannerError } from '../scanner/pair.ts';
import type { SentScan } from '../scanner/wire.ts';

interface Acknowledged {
  readonly userId: string;
  readonly featureId: string;
  /** Number of the palm that was enrolled. */
  readonly palm: number;
}

/** Palms enrolled while the bench runs come after every gallery and its strangers. */
const FIRST_PALM = 10_000_000;

export class Ledger {
  readonly acknowledged: Acknowledged[] = [];
  readonly #template: (palm: number, sample: number) => PalmTemplate;
  #next = 0;

  constructor(template: (palm: number, sample: number) => PalmTemplate) {
    this.#template = template;
  }

  /** Enrols one new person after the other until the connection ends; only what was answered is written down. */
  async enrolUntilCut(scanner: ScannerClient): Promise<void> {
    for (;;) {
      const number = this.#next++;
      const userId = spareUser(number);
      const palm = FIRST_PALM + number;
      try {
        const { feature_ids } = await scanner.enrol(userId, [this.#scan(palm)]);
        this.acknowledged.push({ userId, featureId: String(feature_ids[0]), palm });
      } catch (error) {
        // A new palm may look like one of the gallery; the engine then refuses it and the next one comes.
        if (!(error instanceof ScannerError) || error.code !== 'palm_already_enrolled') return;
      }
    }
  }

  /** Acknowledged enrolments that the engine does not show, or whose palm it does not recognise. */
  async missing(integrator: Integrator, scanner: ScannerClient, from = 0): Promise<readonly string[]> {
    const missing: string[] = [];
    for (const { userId, featureId, palm } of this.acknowledged.slice(from)) {
      const { palms } = await integrator.link.call('getUser', { params: { id: userId } });
      const { decision } = await scanner.transaction(this.#scan(palm), {});
      if (decision !== 'allow' || !palms.some((shown) => shown.feature_id === featureId))
        missing.push(userId);
    }
    return missing;
  }

  #scan(palm: number): SentScan {
    const data = encodeTemplate(this.#template(palm, 0));
    return { format: 'template', model: palmModel, data, palm_type: galleryHand };
  }
}
