/** Templates at rest: under the subject's key, each bound to the palm, user and tenant it is of. */
import type { Random } from '../ports.ts';
import { openUnder, sealUnder } from '../secrets/seal.ts';

/** Where a template belongs. */
export interface TemplatePlace {
  readonly tenantId: string;
  readonly userId: string;
  readonly palmId: string;
  readonly sample: number;
  /** What the template is under beneath the seal; none outside of the engine's own storage. */
  readonly protection?: string | null;
}

/** @param key 32 bytes, the subject's */
export function sealTemplate(
  plain: Uint8Array,
  key: Uint8Array,
  place: TemplatePlace,
  random: Random,
): Uint8Array {
  return sealUnder(key, plain, additional(place), random);
}

/** @throws ThenarError `internal` when the bytes were tampered with or belong elsewhere. */
export function openTemplate(sealed: Uint8Array, key: Uint8Array, place: TemplatePlace): Uint8Array {
  return openUnder(key, sealed, additional(place), `template of palm ${place.palmId}`);
}

/** The number is the scheme's, as the first templates were bound to it. */
function additional(place: TemplatePlace): string {
  const at = `template|1|${place.tenantId}|${place.userId}|${place.palmId}|${place.sample}`;
  return place.protection == null ? at : `${at}|${place.protection}`;
}
