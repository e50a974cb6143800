/**
 * Tokens that no verifier may take, made by code around one that every verifier must take: after the test vectors of
 * Wycheproof, RFC 8725 and what has been wrong with JWT libraries.
 */
import { algorithms } from './algorithms.ts';
import type { Genuine } from './genuine.ts';
import { headers } from './headers.ts';
import { keys } from './keys.ts';
import { payloads } from './payloads.ts';
import { signatures } from './signatures.ts';
import { spellings } from './spellings.ts';

export interface Vector {
  readonly name: string;
  readonly token: string;
}

export function hostileTokens(genuine: Genuine): readonly Vector[] {
  const vectors = {
    ...algorithms(genuine),
    ...keys(genuine),
    ...headers(genuine),
    ...signatures(genuine),
    ...spellings(genuine),
    ...payloads(genuine),
  };
  return Object.entries(vectors).map(([name, token]) => ({ name, token }));
}
