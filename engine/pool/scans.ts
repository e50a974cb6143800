import { isThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { checkImages, type SelfCheckResult } from '../palm/check.ts';
import { compareCode } from '../palm/compare.ts';
import { extractProbe } from '../palm/extract.ts';
import { decodeScan } from '../palm/image.ts';
import { palmModel, uprightTurn } from '../palm/model.ts';
import { qualityRefusal } from '../palm/quality.ts';
import { decodeProbe } from '../palm/template.ts';
import type { Comparison, Hand, PalmProbe, Scan } from '../palm/types.ts';
import type { CodeBeside, Matched, PreparedTemplate, ScanRefusal } from '../ports.ts';

/** Reads a scan into a probe, or says why it cannot be used. */
export function readProbe(scan: Scan): Matched<PalmProbe> {
  switch (scan.format) {
    case 'image': {
      const image = decodeScan(scan);
      if (!image.ok) return image;
      const probe = extractProbe(image);
      return qualityRefusal(probe.quality) ?? { ok: true, value: probe };
    }
    case 'template': {
      if (scan.model !== palmModel) return wrongModel();
      try {
        return { ok: true, value: decodeProbe(scan.data) };
      } catch (error) {
        if (!isThenarError(error)) throw error;
        return { ok: false, code: error.code, message: error.message };
      }
    }
    case 'result':
      return wrongModel();
    default:
      return scan satisfies never;
  }
}

function wrongModel(): ScanRefusal {
  return { ok: false, code: 'palm_model_mismatch', message: `This tenant's palm model is ${palmModel}.` };
}

/**
 * Templates of an enrolment, all or nothing. Scans of one hand must resemble each other: one of another palm, of
 * the other hand or badly placed would let two people match one user.
 * @param protect brings a vector under the tenant's rotation
 * @param protection id of what it is under then
 */
export function prepareScans(
  protect: (vector: Float32Array) => Float32Array,
  protection: string,
  scans: readonly Scan[],
): Matched<PreparedTemplate[]> {
  const probes: PalmProbe[] = [];
  for (const [index, scan] of scans.entries()) {
    const probe = readProbe(scan);
    if (!probe.ok) return { ...probe, details: { ...probe.details, scan: index } };
    for (const [other, earlier] of probes.entries()) {
      if (scans[other]!.palmType !== scan.palmType) continue;
      const { fused } = compareCode(probe.value, earlier.codes[uprightTurn]!);
      if (fused < limits.enrolment_consistency_min) return inconsistent(other, index);
    }
    probes.push(probe.value);
  }
  return {
    ok: true,
    value: probes.map((probe, i) => ({
      hand: scans[i]!.palmType,
      template: { vector: protect(probe.vector), code: probe.codes[uprightTurn]! },
      protection,
      quality: scans[i]!.format === 'image' ? probe.quality : null,
    })),
  };
}

/** The best comparison of each code with the probes of its hand; null where there is none. */
export function compareBeside(
  probes: readonly { readonly hand: Hand; readonly probe: PalmProbe }[],
  beside: readonly CodeBeside[],
): (Comparison | null)[] {
  const best: (Comparison | null)[] = beside.map(() => null);
  // Probe by probe, for laying one out for comparison costs as much as a few comparisons.
  for (const { hand, probe } of probes) {
    for (const [index, other] of beside.entries()) {
      if (other.hand !== hand) continue;
      const comparison = compareCode(probe, other.code);
      if (comparison.fused > (best[index]?.fused ?? -1)) best[index] = comparison;
    }
  }
  return best;
}

/** Compares the known palms as a verification compares its scan. */
export function checkVendor(): SelfCheckResult {
  const images = checkImages();
  const enrolled = readProbe(images.enrolled);
  if (!enrolled.ok) return enrolled;
  const again = readProbe(images.again);
  if (!again.ok) return again;
  const other = readProbe(images.other);
  if (!other.ok) return other;
  const code = enrolled.value.codes[uprightTurn]!;
  return {
    ok: true,
    value: { genuine: compareCode(again.value, code), impostor: compareCode(other.value, code) },
  };
}

function inconsistent(first: number, second: number): ScanRefusal {
  return {
    ok: false,
    code: 'palm_type_mismatch',
    message: 'The scans of one hand do not show the same palm.',
    details: { scans: [first, second] },
  };
}
