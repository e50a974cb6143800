/**
 * Faces judged by a FaceTec Server (its REST API, version 9): `session-token`, `enrollment-3d`, `match-3d-3d` and the
 * search of its `3d-db`. Enrolling and matching each judge liveness of the scan they are given; `liveness-3d` is not
 * asked besides, because the server takes no scan twice (its replay check). The face stays there, under our `faceId`
 * as `externalDatabaseRefID`; the group of the search is the tenant. What the server says is checked before it is
 * believed: a scan passes only when `success` and every one of its security checks say so.
 */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { HttpSender } from '../outbound/send.ts';
import type { Clock, ScanRefusal } from '../ports.ts';
import type { FacePlace, FaceScan, FaceVendor } from './ports.ts';

export const facetecVendorName = 'facetec';

export interface FacetecConfig {
  /** Without a slash at its end. */
  readonly url: string;
  /** `X-Device-Key` of every call. */
  readonly deviceKey: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** Sent on as `X-User-Agent`, which binds a scan to its session. */
  readonly userAgent?: string;
}

/** What a server that has no such face says of a call that names it. */
const unknownFace = /no\s+(entry|records?)\s+(was\s+|were\s+)?found|does\s?n[o']t exist|does not exist/i;

/** @throws ThenarError `unavailable` from every method: unreachable, refusing, or an answer that is not one */
export function facetecVendor(
  config: FacetecConfig,
  ports: { readonly sender: HttpSender; readonly clock: Clock },
): FaceVendor {
  const { sender, clock } = ports;

  async function ask({ method, path, body, userAgent }: Call, deadline: number): Promise<Json> {
    const timeoutMs = Math.min(limits.facetec_timeout_ms, deadline - clock.monotonic());
    if (timeoutMs <= 0) throw new ThenarError('deadline_exceeded', 'The face server was not asked in time.');
    const reply = await sender.send({
      endpoint: `${config.url}/${path}`,
      method,
      headers: {
        accept: 'application/json',
        'x-device-key': config.deviceKey,
        ...(userAgent === undefined ? {} : { 'x-user-agent': userAgent }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? '' : JSON.stringify(body),
      wantsBody: true,
      timeoutMs,
    });
    if ('error' in reply) throw failed(`The face server does not answer (${reply.error}).`);
    const answer = parse(reply.body);
    // It says what is wrong with a scan with status 400, and in the body as with 200.
    if (reply.status !== 200 && (reply.status !== 400 || answer.error !== true)) {
      throw failed(`The face server answered ${reply.status}.`);
    }
    return answer;
  }

  /** A call about a face that is there: whatever it refuses is the server's failure, not the person's. */
  async function must(call: Call, deadline: number): Promise<Json> {
    const answer = await ask(call, deadline);
    if (answer.success !== true) throw failed(`The face server refuses ${call.path}.`);
    return answer;
  }

  /** A call that takes something away: not finding it is as good. */
  async function gone(call: Call, deadline: number): Promise<void> {
    const answer = await ask(call, deadline);
    if (answer.success === true || answer.error !== true) return;
    if (unknownFace.test(String(answer.errorMessage ?? ''))) return;
    throw failed(`The face server refuses ${call.path}.`);
  }

  const judge = (path: string, place: FacePlace, scan: FaceScan, deadline: number): Promise<Json> =>
    ask({ method: 'POST', path, body: scanBody(place, scan), userAgent: scan.userAgent }, deadline);

  return {
    name: facetecVendorName,

    async sessionToken(userAgent, deadline) {
      const { sessionToken } = await must({ method: 'GET', path: 'session-token', userAgent }, deadline);
      if (typeof sessionToken !== 'string' || sessionToken === '') throw garbled('sessionToken');
      return sessionToken;
    },

    async take(place, scan, _policy, deadline) {
      const answer = await judge('enrollment-3d', place, scan, deadline);
      return refusal(answer) ?? { ok: true, value: { template: new Uint8Array() } };
    },

    async resembling({ tenantId, faceId }, _face, _known, _policy, deadline) {
      const body = {
        externalDatabaseRefID: faceId,
        groupName: tenantId,
        minMatchLevel: limits.facetec_search_level_min,
      };
      const answer = await ask({ method: 'POST', path: '3d-db/search', body }, deadline);
      // A group that nobody was enrolled in yet is not one that it knows.
      if (answer.success !== true && unknownFace.test(String(answer.errorMessage ?? ''))) return [];
      if (answer.success !== true || !Array.isArray(answer.results)) throw garbled('results');
      return answer.results
        .filter((found: Json) => Number(found.matchLevel) >= limits.facetec_search_level_min)
        .map((found: Json) => String(found.identifier))
        .filter((identifier) => identifier !== faceId)
        .slice(0, limits.shortlist);
    },

    async keep({ tenantId, faceId }, deadline) {
      const body = { externalDatabaseRefID: faceId, groupName: tenantId };
      await must({ method: 'POST', path: '3d-db/enroll', body }, deadline);
    },

    async matches(place, _face, scan, _policy, deadline) {
      const answer = await judge('match-3d-3d', place, scan, deadline);
      if (answer.error === true && unknownFace.test(String(answer.errorMessage ?? ''))) {
        throw failed('The face server does not know this face.');
      }
      const { matchLevel } = answer;
      // The checks come first: a mask of the right person is no match.
      const refused = refusal({ ...answer, success: true });
      if (refused !== null) return refused;
      if (typeof matchLevel !== 'number') throw garbled('matchLevel');
      return { ok: true, value: answer.success === true && matchLevel >= limits.facetec_match_level_min };
    },

    async forget({ tenantId, faceId }, deadline) {
      const body = { identifier: faceId, groupName: tenantId };
      await gone({ method: 'POST', path: '3d-db/delete', body }, deadline);
      await gone({ method: 'DELETE', path: `enrollment-3d/${faceId}` }, deadline);
    },
  };
}

function scanBody({ faceId }: FacePlace, scan: FaceScan): object {
  return {
    faceScan: scan.faceScan,
    auditTrailImage: scan.auditTrailImage,
    lowQualityAuditTrailImage: scan.lowQualityAuditTrailImage,
    externalDatabaseRefID: faceId,
  };
}

/** What is wrong with the scan; null when it passed all checks. */
function refusal(answer: Json): ScanRefusal | null {
  if (answer.error === true || answer.wasProcessed === false) {
    return refused('face_scan_invalid', 'The face scan could not be processed.');
  }
  const checks = answer.faceScanSecurityChecks as Json | undefined;
  if (checks === undefined || checks === null || typeof checks !== 'object') {
    throw garbled('faceScanSecurityChecks');
  }
  if (checks.sessionTokenCheckSucceeded !== true || checks.replayCheckSucceeded !== true) {
    return refused('face_scan_invalid', 'The face scan is not of a session of its own.');
  }
  if (checks.auditTrailVerificationCheckSucceeded !== true) {
    return refused('face_quality_too_low', 'The images of the face scan are not good enough.');
  }
  if (checks.faceScanLivenessCheckSucceeded !== true) {
    return refused('face_liveness_failed', 'The face scan is not of a living person.');
  }
  if (answer.success !== true) return refused('face_liveness_failed', 'The face scan was not accepted.');
  return null;
}

function refused(code: ScanRefusal['code'], message: string): ScanRefusal {
  return { ok: false, code, message };
}

function parse(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Json) : {};
  } catch {
    return {};
  }
}

function failed(message: string): ThenarError {
  return new ThenarError('unavailable', message, { retryAfterMs: limits.remote_retry_ms });
}

function garbled(what: string): ThenarError {
  return failed(`The face server's answer is not of its API: ${what}.`);
}
