/** The published certificate revocation lists: for others; our own connections are decided from memory. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Authority } from '../../engine/pki/authority.ts';
import { createCrl, type RevokedCertificate } from '../../engine/pki/crl.ts';
import { openAuthority } from '../boot/authority.ts';
import type { Context } from '../context.ts';

export interface RevocationLists {
  /**
   * DER, made anew after a revocation and before it gets old.
   * @param generation of the CA whose list it is; default the current one
   * @throws ThenarError not_found when there never was that generation
   */
  current(generation?: number): Promise<Uint8Array>;
  invalidate(): void;
}

interface Issuer {
  readonly authority: Authority;
  /** Everything it issued is revoked from then on. */
  readonly retiredAt: number | null;
}

export function createRevocationLists(context: Context): RevocationLists {
  const { clock, sealer, store, tls } = context;
  const cached = new Map<string, { readonly der: Promise<Uint8Array>; readonly madeAt: number }>();

  async function issuerOf(generation: number): Promise<Issuer> {
    const authority = tls.authorities.trusted.find((trusted) => trusted.generation === generation);
    if (authority !== undefined) return { authority, retiredAt: null };
    const row = await store.get('certificateAuthorities', { generation });
    if (row === null) throw new ThenarError('not_found', 'There never was a CA of that generation.');
    return { authority: await openAuthority(sealer, row), retiredAt: row.retiredAt };
  }

  async function make(generation: number, now: number): Promise<Uint8Array> {
    const { authority, retiredAt } = await issuerOf(generation);
    const revoked: RevokedCertificate[] = [];
    const unexpired = { generation, notAfter: { gt: now } } as const;
    const where = retiredAt === null ? { ...unexpired, deniedAt: { lte: now } } : unexpired;
    for await (const page of store.scan('certificates', where)) {
      for (const { serial, deniedAt, denyReason } of page) {
        const at = Math.min(deniedAt ?? now, retiredAt ?? now);
        revoked.push({ serial, deniedAt: at, reason: denyReason ?? 'revoked' });
      }
    }
    return createCrl(authority, revoked, { now, number: now });
  }

  return {
    current(generation = tls.authorities.current.generation) {
      const now = clock.now();
      // A list of before a CA's retirement is another list.
      const key = `${generation} ${tls.authorities.generations.has(generation) ? 'trusted' : 'retired'}`;
      const kept = cached.get(key);
      if (kept !== undefined && now - kept.madeAt <= limits.crl_refresh_s * 1000 && kept.madeAt <= now) {
        return kept.der;
      }
      const der = make(generation, now);
      cached.set(key, { der, madeAt: now });
      der.catch(() => cached.delete(key));
      return der;
    },
    invalidate: () => cached.clear(),
  };
}
