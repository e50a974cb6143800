import { webcrypto } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as ocsp from '@peculiar/asn1-ocsp';
import type * as schema from '@peculiar/asn1-schema';
import type * as asn1 from '@peculiar/asn1-x509';
import type * as x509 from '@peculiar/x509';

let library: typeof x509 | null = null;

/**
 * The certificate library, read at its first use: it is a hundred files, and an ordinary start issues nothing. It
 * registers its parsers through decorators, which need a polyfill loaded first; only this function keeps that order.
 */
export function certificateLibrary(): typeof x509 {
  if (library !== null) return library;
  const load = createRequire(import.meta.url);
  load('reflect-metadata');
  library = load('@peculiar/x509') as typeof x509;
  library.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  return library;
}

/** The messages of OCSP, and what they are made of; read when somebody first asks. */
export interface StatusLibrary {
  readonly ocsp: typeof ocsp;
  readonly asn1: typeof asn1;
  readonly schema: typeof schema;
}

export function statusLibrary(): StatusLibrary {
  const load = createRequire(import.meta.url);
  return {
    ocsp: load('@peculiar/asn1-ocsp') as typeof ocsp,
    asn1: load('@peculiar/asn1-x509') as typeof asn1,
    schema: load('@peculiar/asn1-schema') as typeof schema,
  };
}

export type { asn1, ocsp, x509 };
export { webcrypto };
