/** OCSP: what stands of a certificate, for others who ask; our own connections are decided from memory. */
import { limits } from '../../engine/limits.ts';
import { issuerIdentity } from '../../engine/pki/authority.ts';
import { issueStatusSigner, type StatusSigner } from '../../engine/pki/certificate.ts';
import {
  type AskedCertificate,
  type CertificateStatus,
  isAskedIssuer,
  readStatusRequest,
  type StatusRequest,
  signStatus,
  statusRefusal,
} from '../../engine/pki/ocsp.ts';
import { TokenBuckets } from '../../engine/rate.ts';
import { RecentMap } from '../../engine/recent.ts';
import type { StatusAnswer } from '../api.ts';
import type { Call } from '../calls.ts';
import type { Context } from '../context.ts';
import { issuerOf, revocationOf } from '../tls/issuers.ts';

export interface StatusResponder {
  /** Never throws for what a client sends: OCSP has refusals of its own. @param request DER */
  answer(call: Pick<Call, 'address'>, request: Uint8Array): Promise<StatusAnswer>;
}

/** A CA that ever was, as requests name it. */
interface Known {
  readonly generation: number;
  readonly retiredAt: number | null;
  readonly name: Uint8Array;
  readonly key: Uint8Array;
}

interface Made {
  readonly der: Uint8Array;
  readonly madeAt: number;
  readonly until: number;
  /** What was known of denials and CAs when it was made. */
  readonly revision: number;
  readonly trusted: unknown;
  /** Whether others who ask the same may have it. */
  readonly shared: boolean;
}

/** Every serial that was ever issued here looks like this (`newSerial`); of others the database need not be asked. */
const OUR_SERIAL = /^[4-7][0-9a-f]{31}$/;

/**
 * Reads the database, so that the answer is what was committed, whichever engine committed it. To sign costs a little,
 * and anybody may ask: what is asked for again is kept signed, the rest is limited, and when the limit is reached
 * whoever wants a nonce gets the kept answer without, and everybody else is told to try later.
 */
export function createStatusResponder(context: Context): StatusResponder {
  const { certificates, clock, random, store, tls } = context;
  const kept = new RecentMap<string, Made>(limits.ocsp_answers_kept_max);
  const budget = new TokenBuckets();
  const signers = new Map<number, StatusSigner>();
  let known: { readonly trusted: unknown; readonly issuers: readonly Known[] } | null = null;

  /** All CAs that ever were; read again when those that are trusted change. */
  async function issuers(): Promise<readonly Known[]> {
    const { trusted } = tls.authorities;
    if (known?.trusted === trusted) return known.issuers;
    const rows = await store.list('certificateAuthorities', { order: [['generation', 'desc']] });
    const read = rows.map(({ generation, retiredAt, certificatePem }) => ({
      generation,
      retiredAt,
      ...issuerIdentity(certificatePem),
    }));
    known = { trusted, issuers: read };
    return read;
  }

  async function signerOf(generation: number, now: number): Promise<StatusSigner | null> {
    const ready = signers.get(generation);
    if (ready !== undefined && ready.notBefore <= now && now < (ready.notBefore + ready.notAfter) / 2)
      return ready;
    const { authority } = await issuerOf(context, generation);
    // What it issued has run out with it, and nothing that it signs now would be believed.
    if (now >= authority.notAfter) return null;
    const signer = await issueStatusSigner(authority, { now, random });
    signers.set(generation, signer);
    return signer;
  }

  /** @returns the status, and when it is known to change */
  async function look(
    { serial }: AskedCertificate,
    candidates: readonly Known[],
    now: number,
  ): Promise<{ readonly status: CertificateStatus; readonly changesAt: number }> {
    const generations = candidates.map(({ generation }) => generation);
    const record = OUR_SERIAL.test(serial)
      ? await store.get('certificates', { serial, generation: { in: generations } })
      : null;
    if (record === null) return { status: { status: 'unknown' }, changesAt: Number.POSITIVE_INFINITY };
    const issuer = candidates.find(({ generation }) => generation === record.generation);
    const revocation = revocationOf(record, issuer?.retiredAt ?? null, now);
    if (revocation !== null) {
      return { status: { status: 'revoked', ...revocation }, changesAt: Number.POSITIVE_INFINITY };
    }
    return { status: { status: 'good' }, changesAt: record.deniedAt ?? Number.POSITIVE_INFINITY };
  }

  function standsStill(made: Made, now: number): boolean {
    const { madeAt, until, revision, trusted } = made;
    const current = revision === certificates.revision && trusted === tls.authorities.trusted;
    // In its second half it is made anew, so that nobody is handed what is about to run out.
    return current && madeAt <= now && now < (madeAt + until) / 2;
  }

  function mayMake(call: Pick<Call, 'address'>): boolean {
    const now = clock.monotonic();
    const { ocsp_answers_per_s: all, ocsp_answers_per_address_per_s: each } = limits;
    if (!budget.take(call.address, now, each, 2 * each).ok) return false;
    return budget.take('', now, all, 2 * all).ok;
  }

  async function make(request: StatusRequest, candidates: readonly Known[]): Promise<Made | null> {
    const now = clock.now();
    // Before the database is read: a denial that is committed meanwhile makes the answer one of before.
    const { revision } = certificates;
    const { trusted } = tls.authorities;
    const signer = await signerOf(candidates[0]!.generation, now);
    if (signer === null) return null;
    let until = now + limits.ocsp_validity_s * 1000;
    const answers: (readonly [AskedCertificate, CertificateStatus])[] = [];
    for (const asked of request.certificates) {
      const { status, changesAt } = await look(asked, candidates, now);
      until = Math.min(until, changesAt);
      answers.push([asked, status]);
    }
    const der = await signStatus(signer, answers, { now, until, nonce: request.nonce });
    const [only, another] = answers;
    // Unknown serials are anybody's guess: to keep those would push out what is asked for.
    const shared = request.nonce === null && another === undefined && only?.[1].status !== 'unknown';
    const made = { der, madeAt: now, until, revision, trusted, shared };
    if (shared && only !== undefined) kept.set(only[0].key, made);
    return made;
  }

  return {
    async answer(call, der) {
      const request = readStatusRequest(der);
      if (request === null) return refuse('malformedRequest');
      const all = await issuers();
      const [first] = request.certificates;
      const candidates = all.filter((issuer) => isAskedIssuer(first!, issuer));
      // One signature speaks for one issuer.
      const oneIssuer = request.certificates.every((asked) =>
        candidates.some((issuer) => isAskedIssuer(asked, issuer)),
      );
      if (!oneIssuer) return refuse('unauthorized');
      const found = request.certificates.length === 1 ? kept.get(first!.key) : undefined;
      const ready = found !== undefined && standsStill(found, clock.now()) ? found : null;
      if (ready !== null && request.nonce === null) return handedOut(ready);
      if (!mayMake(call)) return ready === null ? refuse('tryLater') : handedOut(ready);
      const made = await make(request, candidates);
      return made === null ? refuse('unauthorized') : handedOut(made);
    },
  };

  function handedOut({ der, until, shared }: Made): StatusAnswer {
    const left = Math.floor((until - clock.now()) / 1000);
    return { der, maxAgeS: shared ? Math.min(limits.published_age_max_s, left) : 0 };
  }
}

function refuse(reason: Parameters<typeof statusRefusal>[0]): StatusAnswer {
  return { der: statusRefusal(reason), maxAgeS: 0 };
}
