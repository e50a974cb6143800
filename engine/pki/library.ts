import { webcrypto } from 'node:crypto';
import { createRequire } from 'node:module';
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

export type { x509 };
export { webcrypto };
