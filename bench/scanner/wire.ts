/** Shapes on the wire as a scanner sees them, written from the protocol's documentation and not from the engine. */

export interface ChallengeShown {
  readonly challenge_id: string;
  readonly type: 'enroll' | 'verify';
  readonly user_id: string;
  readonly external_user_id: string | null;
  readonly hardware_id: string | null;
  readonly palm_type: 'left' | 'right' | 'both' | null;
  readonly status: string;
  readonly expires_at: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export interface SessionShown {
  readonly session_id: string;
  readonly epoch: string;
  readonly last_seq: number;
  readonly resumed: boolean;
  readonly device: Readonly<Record<string, unknown>>;
  readonly heartbeat_s: number;
  readonly model: string;
  readonly pending: readonly ChallengeShown[];
}

export interface CompletionShown {
  readonly status: string;
  readonly challenge_id: string;
  readonly user_id: string;
  readonly confidence: number | null;
  readonly timestamp: string;
  readonly matched?: boolean;
  readonly feature_ids?: readonly string[];
  readonly reason?: string;
}

export interface TransactionShown {
  readonly decision: 'allow' | 'deny' | 'not_recognized';
  readonly display_message: string;
  readonly product_reference: string | null;
  readonly status: string;
}

interface Capture {
  readonly palm_type: 'left' | 'right';
  readonly quality?: number;
  readonly liveness?: { readonly score: number };
}

/** A scan whose bytes travel in the payload of a binary frame. */
export type SentScan = Capture &
  (
    | {
        readonly format: 'image';
        readonly encoding: 'png' | 'raw8';
        readonly width: number;
        readonly height: number;
        readonly data: Uint8Array;
      }
    | { readonly format: 'template'; readonly model: string; readonly data: Uint8Array }
    | {
        readonly format: 'result';
        readonly matched: boolean;
        readonly scores: readonly number[];
        readonly feature_id: string;
        readonly user_ref?: string;
      }
  );

/** Scans with references in the place of their bytes, and the bytes, one after the other. */
export interface PackedScans {
  readonly params: { readonly scan: object } | { readonly scans: readonly object[] };
  readonly payload: Uint8Array;
}

/** One scan refers to the payload as a whole; several refer to their part of it. */
export function packScans(scans: readonly SentScan[]): PackedScans {
  const [only] = scans;
  if (scans.length === 1 && only !== undefined) {
    if (!('data' in only)) return { params: { scan: only }, payload: new Uint8Array() };
    return { params: { scan: { ...only, data: '@payload' } }, payload: only.data };
  }
  const parts: Uint8Array[] = [];
  let offset = 0;
  const packed = scans.map((scan) => {
    if (!('data' in scan)) return scan;
    const reference = `@payload:${offset}:${scan.data.length}`;
    parts.push(scan.data);
    offset += scan.data.length;
    return { ...scan, data: reference };
  });
  return { params: { scans: packed }, payload: Buffer.concat(parts) };
}

/** `uint32be header length | header JSON | payload`. */
export function binaryFrame(header: object, payload: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, payload]);
}
