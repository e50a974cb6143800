/** Captures of faces as wallet clients send them: for the development vendor any textured image will do. */
import type { UserCall } from '../../actors/calls.ts';
import { facePng } from '../../bench/demo/face.ts';
import { isThenarError } from '../../engine/errors.ts';
import type { FaceScan } from '../../engine/face/ports.ts';
import { crc32 } from '../../engine/palm/crc32.ts';
import { systemClock } from '../../engine/system.ts';
import { noSpan } from '../../engine/trace/spans.ts';
import type { TestTenant } from './tenant.ts';

export interface Claims {
  readonly quality?: number;
  readonly liveness?: number;
}

/** A fresh capture of a person's face, with what it claims of itself. */
export function faceOf(person: number, claims: Claims = {}): FaceScan {
  return faceScan(Buffer.from(withTexts(facePng(person), claims)).toString('base64'));
}

export function faceScan(image: string): FaceScan {
  return {
    faceScan: image,
    auditTrailImage: image,
    lowQualityAuditTrailImage: image,
    userAgent: 'tests/1.0',
  };
}

/** The PNG file with text chunks behind its header. */
export function withTexts(png: Uint8Array, texts: object): Uint8Array {
  const headerEnd = 8 + 12 + 13;
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(`${keyword}\0${text}`));
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

function textChunk(content: string): Uint8Array {
  const typed = Buffer.from(`tEXt${content}`, 'latin1');
  const chunk = Buffer.alloc(8 + typed.length);
  chunk.writeUInt32BE(typed.length - 4, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed) >>> 0, 4 + typed.length);
  return chunk;
}

/** As a body carries it. */
export function faceBody(scan: FaceScan): object {
  return {
    face_scan: scan.faceScan,
    audit_trail_image: scan.auditTrailImage,
    low_quality_audit_trail_image: scan.lowQualityAuditTrailImage,
    user_agent: scan.userAgent,
  };
}

/** A call of a new user of the tenant, as the engine's door takes it. */
export async function callOf(tenant: TestTenant): Promise<UserCall> {
  const { user_id: userId } = await tenant.user();
  return {
    requestId: 'test',
    address: '127.0.0.1',
    deadline: systemClock.monotonic() + 20_000,
    actor: `user/${userId}`,
    span: noSpan,
    tenantId: tenant.tenantId,
    userId,
  };
}

/** The code that something was refused with; null when it was not. */
export function codeOf(work: Promise<unknown>): Promise<string | null> {
  return work.then(
    () => null,
    (error: unknown) => (isThenarError(error) ? error.code : String(error)),
  );
}
