/** The published certificate revocation lists: for others; our own connections are decided from memory. */
import { limits } from '../../engine/limits.ts';
import { createCrl, type RevokedCertificate } from '../../engine/pki/crl.ts';
import type { Context } from '../context.ts';
import { issuerOf, revocationOf } from '../tls/issuers.ts';

export interface RevocationLists {
  /**
   * DER, made anew after a revocation and before it gets old.
   * @param generation of the CA whose list it is; default the current one
   * @throws ThenarError not_found when there never was that generation
   */
  current(generation?: number): Promise<Uint8Array>;
}

interface List {
  readonly der: Uint8Array;
  /** A certificate that was renewed joins the list then. */
  readonly outdatedAt: number;
}

interface Kept {
  readonly list: Promise<List>;
  readonly madeAt: number;
  readonly revision: number;
}

export function createRevocationLists(context: Context): RevocationLists {
  const { certificates, clock, store, tls } = context;
  const cached = new Map<string, Kept>();
  /** Of the last list, so that numbers grow though clocks may not (RFC 5280, section 5.2.3). */
  let lastNumber = 0;

  async function make(generation: number, now: number): Promise<List> {
    const { authority, retiredAt } = await issuerOf(context, generation);
    const revoked: RevokedCertificate[] = [];
    const unexpired = { generation, notAfter: { gt: now } } as const;
    const where = retiredAt === null ? { ...unexpired, deniedAt: { lte: now } } : unexpired;
    const [next] = await store.list('certificates', {
      where: { ...unexpired, deniedAt: { gt: now } },
      order: [['deniedAt', 'asc']],
      limit: 1,
    });
    for await (const page of store.scan('certificates', where)) {
      for (const record of page) {
        const revocation = revocationOf(record, retiredAt, now);
        if (revocation === null) continue;
        revoked.push({ serial: record.serial, deniedAt: revocation.at, reason: revocation.reason });
      }
    }
    lastNumber = Math.max(lastNumber + 1, now);
    const der = await createCrl(authority, revoked, { now, number: lastNumber });
    const oldAt = now + limits.crl_refresh_s * 1000;
    return { der, outdatedAt: Math.min(oldAt, next?.deniedAt ?? oldAt) };
  }

  async function stillRight(kept: Kept): Promise<boolean> {
    const now = clock.now();
    if (kept.revision !== certificates.revision || kept.madeAt > now) return false;
    return (await kept.list).outdatedAt > now;
  }

  return {
    async current(generation = tls.authorities.current.generation) {
      // A list of before a CA's retirement is another list.
      const key = `${generation} ${tls.authorities.generations.has(generation) ? 'trusted' : 'retired'}`;
      const kept = cached.get(key);
      if (kept !== undefined && (await stillRight(kept))) return (await kept.list).der;
      const now = clock.now();
      const list = make(generation, now);
      cached.set(key, { list, madeAt: now, revision: certificates.revision });
      list.catch(() => cached.delete(key));
      return (await list).der;
    },
  };
}
