/**
 * The built-in face vendor, for development: it lets the whole wallet run without any other service. It takes a face
 * image for a texture, as the palm model sees it, and holds its comparison against the thresholds, the match policy,
 * the quality gate and the liveness demand that palms have. It knows nothing of faces: photographs, glasses and
 * light decide more than the person does, and it believes what a capture claims of its own liveness. Never let it
 * guard anything of value.
 */
import { limits } from '../limits.ts';
import { decide } from '../palm/decide.ts';
import { decodeTemplate, encodeProbe, probeOf } from '../palm/template.ts';
import type { ScanRefusal } from '../ports.ts';
import type { FacePolicy, FaceReader, FaceVendor, ReadFace } from './ports.ts';

export const referenceFaceVendorName = 'thenar-reference-development';

/** @param reader the worker threads: images are read and compared there */
export function referenceFaceVendor(reader: FaceReader): FaceVendor {
  return {
    name: referenceFaceVendorName,

    sessionToken: async () => null,

    async take({ tenantId }, scan, policy, deadline) {
      const read = await reader.readFace(tenantId, scan, deadline);
      if (!read.ok) return read;
      return claimRefusal(read.value, policy) ?? { ok: true, value: { template: read.value.template } };
    },

    async resembling({ tenantId }, { template }, known, policy, deadline) {
      const probe = encodeProbe(probeOf(decodeTemplate(template)));
      const faceIds: string[] = [];
      for await (const page of known()) {
        const templates = page.map((face) => face.template);
        const compared = await reader.compareFaces(tenantId, probe, templates, deadline);
        for (const [at, comparison] of compared.entries()) {
          if (decide(comparison, policy.thresholds, policy.matchPolicy)) faceIds.push(page[at]!.faceId);
        }
        if (faceIds.length >= limits.shortlist) break;
      }
      return faceIds;
    },

    keep: async () => {},

    async matches({ tenantId }, { template }, scan, policy, deadline) {
      const read = await reader.readFace(tenantId, scan, deadline);
      if (!read.ok) return read;
      const refusal = claimRefusal(read.value, policy);
      if (refusal !== null) return refusal;
      const [comparison] = await reader.compareFaces(tenantId, read.value.probe, [template], deadline);
      const matched = comparison !== undefined && decide(comparison, policy.thresholds, policy.matchPolicy);
      return { ok: true, value: matched };
    },

    forget: async () => {},
  };
}

/** As palms: a quality that is not claimed passes, a liveness that is not claimed does not. */
function claimRefusal({ claimed }: ReadFace, { qualityMin, livenessMin }: FacePolicy): ScanRefusal | null {
  if (claimed.quality !== null && claimed.quality < qualityMin) {
    return {
      ok: false,
      code: 'face_quality_too_low',
      message: 'The client reports too poor a capture.',
      details: { quality: claimed.quality, quality_min: qualityMin },
    };
  }
  if (livenessMin !== null && (claimed.liveness ?? 0) < livenessMin) {
    return {
      ok: false,
      code: 'face_liveness_failed',
      message: 'The liveness score is missing or too low.',
      details: { liveness: claimed.liveness, liveness_min: livenessMin },
    };
  }
  return null;
}
