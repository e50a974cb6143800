/** Who issued what, and what became of it: the one reading that revocation lists and OCSP answers share. */
import { ThenarError } from '../../engine/errors.ts';
import type { Authority } from '../../engine/pki/authority.ts';
import type { Where, Write } from '../../engine/ports.ts';
import type { CertificateRecord } from '../../engine/records.ts';
import { openAuthority } from '../boot/authority.ts';
import type { Context } from '../context.ts';

export interface Issuer {
  readonly authority: Authority;
  /** Everything it issued is revoked from then on. */
  readonly retiredAt: number | null;
}

/** The CA of a generation, trusted or not. @throws ThenarError not_found when there never was that generation */
export async function issuerOf({ sealer, store, tls }: Context, generation: number): Promise<Issuer> {
  const authority = tls.authorities.trusted.find((trusted) => trusted.generation === generation);
  if (authority !== undefined) return { authority, retiredAt: null };
  const row = await store.get('certificateAuthorities', { generation });
  if (row === null) throw new ThenarError('not_found', 'There never was a CA of that generation.');
  return { authority: await openAuthority(sealer, row), retiredAt: row.retiredAt };
}

export interface Revocation {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly reason: 'revoked' | 'superseded';
}

/** Since when a certificate no longer stands, and why; null while it does. */
export function revocationOf(
  { deniedAt, denyReason }: Pick<CertificateRecord, 'deniedAt' | 'denyReason'>,
  retiredAt: number | null,
  now: number,
): Revocation | null {
  const at = Math.min(deniedAt ?? Number.POSITIVE_INFINITY, retiredAt ?? Number.POSITIVE_INFINITY);
  return at <= now ? { at, reason: denyReason ?? 'revoked' } : null;
}

/** Certificates are denied from `at` on, and those whose turn would have come later with them; an earlier denial stands. */
export function denialOf(
  where: Where<'certificates'>,
  at: number,
  denyReason: 'revoked' | 'superseded',
): readonly Write[] {
  const set = { deniedAt: at, denyReason };
  return [
    { update: 'certificates', where: { ...where, deniedAt: null }, set },
    { update: 'certificates', where: { ...where, deniedAt: { gt: at } }, set },
  ];
}

/** As {@link denialOf}, and whatever ended one of them before, from now on it is revoked. */
export function revocationWrites(where: Where<'certificates'>, at: number): readonly Write[] {
  return [
    ...denialOf(where, at, 'revoked'),
    { update: 'certificates', where, set: { denyReason: 'revoked' } },
  ];
}
