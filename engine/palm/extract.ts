/** Image to template and image to probe: the whole reference vendor up to comparison. */
import { codeOf } from './code.ts';
import { box, fieldSide, halve, halveTurned, normalise, regionSide } from './field.ts';
import { fieldResponses } from './gabor.ts';
import { type GreyImage, resize } from './image.ts';
import { probeTurns } from './model.ts';
import { assessQuality } from './quality.ts';
import type { PalmCode, PalmProbe, PalmTemplate, QualityReport } from './types.ts';
import { project, rawVector, shippedProjection } from './vector.ts';

export { palmModel, palmVendor, probeTurns, uprightTurn } from './model.ts';

const region = new Float32Array(regionSide * regionSide);
const normalised = new Float32Array(regionSide * regionSide);
const field = new Float32Array(fieldSide * fieldSide);
/** Of the image extracted last; turned copies are made from it. */
let boxes = box(normalised);

/** What one image gives before projection: for training the projection and for calibration. */
export interface RawExtraction {
  /** 384 floats, unit length. */
  readonly raw: Float32Array;
  readonly code: PalmCode;
  readonly quality: QualityReport;
}

/** Histogram, upright code and quality of an image. Never throws for a poor image: that is in `quality`. */
export function extractRaw(image: GreyImage): RawExtraction {
  resize(image, region);
  normalise(region, normalised);
  boxes = box(normalised);
  halve(boxes, field);
  const responses = fieldResponses(field);
  const quality = assessQuality(region, field, responses);
  return { raw: rawVector(), code: codeOf(field), quality };
}

/** A template with the quality of the image that it was made from. */
export interface ExtractedTemplate extends PalmTemplate {
  readonly quality: QualityReport;
}

/**
 * One sample for enrolment. A poor image gives a template too; whoever enrols asks `qualityRefusal` first.
 * @throws Error when the shipped projection is missing.
 */
export function extractTemplate(image: GreyImage): ExtractedTemplate {
  const { raw, code, quality } = extractRaw(image);
  return { vector: project(raw, shippedProjection()), code, quality };
}

/**
 * One probe: the template of the image and the codes of its turned copies. Turned copies need the grid alone, so
 * they cost a quarter of the upright one.
 * @throws Error when the shipped projection is missing.
 */
export function extractProbe(image: GreyImage): PalmProbe {
  const { vector, code, quality } = extractTemplate(image);
  const codes = probeTurns.map((degrees) => {
    if (degrees === 0) return code;
    halveTurned(boxes, degrees, field);
    return codeOf(field);
  });
  return { vector, codes, quality };
}
