import type { CertificateFacts } from '../../engine/pki/facts.ts';

const DAY_MS = 24 * 3600 * 1000;

/** Whole days until a certificate runs out; negative once it has. */
export function daysRemaining(notAfter: number, now: number): number {
  return Math.floor((notAfter - now) / DAY_MS);
}

export function certificateView(
  facts: CertificateFacts,
  now: number,
): CertificateFacts & { readonly daysRemaining: number } {
  return { ...facts, daysRemaining: daysRemaining(facts.notAfter, now) };
}
