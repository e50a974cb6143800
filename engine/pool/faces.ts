/**
 * Development faces in a worker: an image becomes a template by the palm model, whose matcher, quality gate and
 * thresholds they share. A capture is a PNG; what it claims of itself stands in its text chunks.
 */
import { isThenarError } from '../errors.ts';
import type { FaceComparison, FaceImages, ReadFace } from '../face/ports.ts';
import { compareCode } from '../palm/compare.ts';
import { extractProbe } from '../palm/extract.ts';
import { decodeScan } from '../palm/image.ts';
import { uprightTurn } from '../palm/model.ts';
import { pngSides, pngText } from '../palm/png.ts';
import { qualityRefusal } from '../palm/quality.ts';
import { decodeProbe, decodeTemplate, encodeProbe, encodeTemplate } from '../palm/template.ts';
import type { Matched, ScanRefusal } from '../ports.ts';

/** The image of the scan, or where that is no PNG but some SDK's own format, the image of its audit trail. */
export function readFace(images: FaceImages): Matched<ReadFace> {
  const file = [images.faceScan, images.auditTrailImage]
    .map((text) => Buffer.from(text, 'base64'))
    .find((bytes) => pngSides(bytes) !== null);
  if (file === undefined) return invalid('Neither the face scan nor its audit trail image is a PNG file.');
  const { width, height } = pngSides(file)!;
  // The hand means nothing here: it names the half of an index that faces are not in.
  const image = decodeScan({
    format: 'image',
    encoding: 'png',
    width,
    height,
    data: file,
    palmType: 'right',
  });
  if (!image.ok) return invalid(image.message);
  const probe = extractProbe(image);
  const poor = qualityRefusal(probe.quality);
  if (poor !== null) return { ...poor, code: 'face_quality_too_low' };
  return {
    ok: true,
    value: {
      template: encodeTemplate({ vector: probe.vector, code: probe.codes[uprightTurn]! }),
      probe: encodeProbe(probe),
      claimed: { quality: share(pngText(file, 'quality')), liveness: share(pngText(file, 'liveness')) },
    },
  };
}

/** A template that is not one of ours matches nothing. */
export function compareFaces(probe: Uint8Array, templates: readonly Uint8Array[]): FaceComparison[] {
  const read = decodeProbe(probe);
  return templates.map((template) => {
    try {
      return compareCode(read, decodeTemplate(template).code);
    } catch (error) {
      if (!isThenarError(error, 'palm_template_invalid')) throw error;
      return { scores: [], fused: 0 };
    }
  });
}

function invalid(message: string): ScanRefusal {
  return { ok: false, code: 'face_scan_invalid', message };
}

/** A number from 0 to 1 as text, or nothing. */
function share(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return value >= 0 && value <= 1 ? value : null;
}
