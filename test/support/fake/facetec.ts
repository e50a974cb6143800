/**
 * A fake of a FaceTec Server for tests, with the recorded shapes of its answers (version 9): it takes a face scan for
 * the text that it is. `face-N/M` is the M-th scan of person N, `mask-N/M` one that is not alive; no scan is taken twice.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import tap from 'tap';
import type { FaceScan } from '../../../engine/face/ports.ts';
import type { Json } from '../node.ts';

export const deviceKey = 'dTESTdeviceKeyOfThenar';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json;
}

const callData = {
  tid: 'AAAAAAAAAAA-00000000-0000-0000-0000-000000000000',
  date: 'Jan 01, 2026 00:00:00 AM',
  epochSecond: 1_767_225_600,
};
const serverInfo = { version: '9.7.35', mode: 'Development Only', notice: 'Notice' };
const unknown = {
  error: true,
  errorMessage: 'No entry found in the database for this externalDatabaseRefID.',
};

export class FakeFacetec {
  readonly url: string;
  readonly asked: Asked[] = [];
  /** Faces by their externalDatabaseRefID. */
  readonly enrolled = new Map<string, string>();
  /** Of each group, the same. */
  readonly groups = new Map<string, Set<string>>();
  /** What the next answers are instead: a status with a body, as text. */
  readonly instead: { readonly status: number; readonly body: string }[] = [];
  readonly #seen = new Set<string>();

  private constructor(url: string) {
    this.url = url;
  }

  static async open(): Promise<FakeFacetec> {
    const server = createServer((request, response) => void fake.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const fake = new FakeFacetec(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    tap.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return fake;
  }

  /** Its environment settings. */
  get settings(): Record<string, string> {
    return {
      THENAR_FACE_VENDOR: 'facetec',
      THENAR_FACETEC_URL: `${this.url}/`,
      THENAR_FACETEC_DEVICE_KEY: deviceKey,
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const asked: Asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? null : JSON.parse(text),
    };
    this.asked.push(asked);
    const other = this.instead.shift();
    response.statusCode = other?.status ?? 200;
    const answer = (): object => ({
      ...this.#answer(asked),
      callData: { ...callData, path: asked.path, requestMethod: asked.method },
      additionalSessionData: { isAdditionalDataPartiallyIncomplete: false, platform: 'ios' },
      serverInfo,
    });
    response.end(other?.body ?? JSON.stringify(answer()));
  }

  #answer({ method, path, headers, body }: Asked): object {
    if (headers['x-device-key'] !== deviceKey) return { error: true, errorMessage: 'Unknown device key.' };
    switch (`${method} ${path}`) {
      case 'GET /session-token':
        return { success: true, error: false, sessionToken: `session of ${headers['x-user-agent']}` };
      case 'POST /enrollment-3d': {
        const judged = this.#judge(body.faceScan);
        if (judged.success) this.enrolled.set(body.externalDatabaseRefID, personOf(body.faceScan));
        return { ...judged, externalDatabaseRefID: body.externalDatabaseRefID };
      }
      case 'POST /match-3d-3d': {
        const face = this.enrolled.get(body.externalDatabaseRefID);
        if (face === undefined) return unknown;
        const judged = this.#judge(body.faceScan);
        const same = personOf(body.faceScan) === face;
        return { ...judged, success: judged.success && same, matchLevel: same ? 15 : 0 };
      }
      case 'POST /3d-db/search':
        return this.#search(body);
      case 'POST /3d-db/enroll': {
        if (!this.enrolled.has(body.externalDatabaseRefID)) return unknown;
        const group = this.groups.get(body.groupName) ?? new Set();
        this.groups.set(body.groupName, group.add(body.externalDatabaseRefID));
        return { success: true, error: false };
      }
      case 'POST /3d-db/delete':
        return { success: this.groups.get(body.groupName)?.delete(body.identifier) ?? false, error: false };
      default:
        if (method !== 'DELETE') return { error: true, errorMessage: 'No such endpoint.' };
        return this.enrolled.delete(path.split('/').at(-1) ?? '') ? { success: true, error: false } : unknown;
    }
  }

  #judge(scan: string) {
    const alive = scan.startsWith('face-');
    const isNew = !this.#seen.has(scan);
    this.#seen.add(scan);
    return {
      success: alive && isNew,
      wasProcessed: true,
      error: false,
      scanResultBlob: 'AAEAAABVAAAAAAAAAA',
      retryScreenEnumInt: 0,
      ageV2GroupEnumInt: -1,
      faceScanSecurityChecks: {
        auditTrailVerificationCheckSucceeded: true,
        faceScanLivenessCheckSucceeded: alive,
        replayCheckSucceeded: isNew,
        sessionTokenCheckSucceeded: true,
      },
    };
  }

  #search({ externalDatabaseRefID, groupName }: Json): object {
    const face = this.enrolled.get(externalDatabaseRefID);
    const group = this.groups.get(groupName);
    if (face === undefined || group === undefined) return unknown;
    const results = [...group]
      .filter((identifier) => this.enrolled.get(identifier) === face)
      .map((identifier) => ({ identifier, matchLevel: 15 }));
    return { success: true, error: false, results };
  }
}

/** `face-1` of `face-1/7` and of `mask-1/7`. */
function personOf(scan: string): string {
  return (scan.split('/')[0] ?? '').replace('mask', 'face');
}

let scans = 0;

/** A fresh scan of a person, or of a mask of theirs. */
export function facetecScan(person: number, kind: 'face' | 'mask' = 'face'): FaceScan {
  scans += 1;
  const scan = `${kind}-${person}/${scans}`;
  return {
    faceScan: scan,
    auditTrailImage: 'audit',
    lowQualityAuditTrailImage: 'low',
    userAgent: `facetec|sdk|${scans}`,
  };
}
