/** The published certificate revocation list: for others; our own connections are decided from memory. */
import { limits } from '../../engine/limits.ts';
import { createCrl, type RevokedCertificate } from '../../engine/pki/crl.ts';
import type { Context } from '../context.ts';

export interface RevocationList {
  /** DER, made anew after a revocation and before it gets old. */
  current(): Promise<Uint8Array>;
  invalidate(): void;
}

export function createRevocationList(context: Context): RevocationList {
  let cached: { readonly der: Promise<Uint8Array>; readonly madeAt: number } | null = null;

  async function make(now: number): Promise<Uint8Array> {
    const revoked: RevokedCertificate[] = [];
    const { generation } = context.authority;
    const denied = { generation, deniedAt: { lte: now }, notAfter: { gt: now } } as const;
    for await (const page of context.store.scan('certificates', denied)) {
      for (const { serial, deniedAt, denyReason } of page) {
        if (deniedAt !== null) revoked.push({ serial, deniedAt, reason: denyReason ?? 'revoked' });
      }
    }
    return createCrl(context.authority, revoked, { now, number: now });
  }

  return {
    async current() {
      const now = context.clock.now();
      if (cached === null || now - cached.madeAt > limits.crl_refresh_s * 1000 || cached.madeAt > now) {
        const der = make(now);
        cached = { der, madeAt: now };
        der.catch(() => {
          cached = null;
        });
      }
      return cached.der;
    },
    invalidate() {
      cached = null;
    },
  };
}
