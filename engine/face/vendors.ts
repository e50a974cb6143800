/** The face vendors of this deployment: one takes new faces, and those that took faces before still judge theirs. */
import type { Config } from '../config.ts';
import type { HttpSender } from '../outbound/send.ts';
import type { Clock } from '../ports.ts';
import { facetecVendor } from './facetec.ts';
import type { FaceReader, FaceVendor } from './ports.ts';
import { referenceFaceVendor } from './reference.ts';

export interface FaceVendors {
  /** Takes new faces. */
  readonly active: FaceVendor;
  /** By the name that is stored with a face; null when it is not configured any more. */
  named(name: string): FaceVendor | null;
}

/** @param ports.sender to the FaceTec server, which the operator named */
export function openFaceVendors(
  config: Config['face'],
  ports: { readonly reader: FaceReader; readonly sender: HttpSender; readonly clock: Clock },
): FaceVendors {
  const reference = referenceFaceVendor(ports.reader);
  const facetec = config.facetec === null ? null : facetecVendor(config.facetec, ports);
  const all = [reference, ...(facetec === null ? [] : [facetec])];
  return {
    active: config.vendor === 'facetec' && facetec !== null ? facetec : reference,
    named: (name) => all.find((vendor) => vendor.name === name) ?? null,
  };
}
