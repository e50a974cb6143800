/**
 * Palms at template level, for galleries too large to render: tens of microseconds instead of tens of
 * milliseconds each. The distributions of genuine and impostor scores, of the exact comparison and of the search
 * vector's cosine, are fitted to rendered hard-preset palms (`fit-templates` in `npm run bench` writes the
 * parameters, a test holds the fit). Nothing else about them is real.
 */
import { readFileSync } from 'node:fs';
import { assetPath } from '../../engine/asset.ts';
import { vectorLength } from '../../engine/palm/sizes.ts';
import { probeOf } from '../../engine/palm/template.ts';
import type { Hand, PalmCode, PalmProbe, PalmTemplate } from '../../engine/palm/types.ts';
import { toUnitLength } from '../../engine/palm/vector.ts';
import { addMixture, addShared, encodeSample, fieldLength, sampleField, warpField } from './fields.ts';
import { exponential } from './mathematics.ts';
import { SeededRandom } from './random.ts';
import { drawWarp } from './warp.ts';

/** Parameters of the code generator; deviations are relative to a palm's own structure. */
export interface CodeModel {
  /** Bank members mixed into one palm. */
  readonly parts: number;
  /** Weight of the structure that palms share, and its spread between palms. */
  readonly shared: number;
  readonly sharedSpread: number;
  /** Weight of what differs between samples of one palm, and the spread of its logarithm. */
  readonly noise: number;
  readonly noiseSpread: number;
  /** Elastic displacement and pose, as multiples of the hard preset's. */
  readonly elastic: number;
  readonly pose: number;
  /** How much larger structure is than in the bank: impostors agree more by chance when it is. */
  readonly zoom: number;
}

/** Parameters of the vector generator, by component before scaling to unit length. */
export interface VectorModel {
  /** Half the difference between the mean right and left hand. */
  readonly hand: readonly number[];
  /** Deviation between palms of one hand. */
  readonly between: readonly number[];
  /** Deviation between samples of one palm. */
  readonly within: readonly number[];
  /** Spread of the logarithm of a palm's deviation from its samples' mean, and of each sample's own. */
  readonly palmSpread: number;
  readonly sampleSpread: number;
}

export interface TemplateModel {
  readonly code: CodeModel;
  readonly vector: VectorModel;
}

export const templateModelPath = assetPath('bench', 'palms', 'data', 'templates.json');

let shippedModel: TemplateModel | null = null;

/** The parameters that ship. */
export function templateModel(): TemplateModel {
  shippedModel ??= JSON.parse(readFileSync(templateModelPath, 'utf8')) as TemplateModel;
  return shippedModel;
}

export interface TemplateRequest {
  readonly seed: number;
  readonly identity: number;
  readonly hand: Hand;
  readonly sample: number;
}

/** One palm's own structure; the last one stays ready, since samples of one palm are asked for together. */
interface OwnField {
  key: string;
  model: CodeModel | null;
  readonly field: Float32Array;
}
const own: OwnField = { key: '', model: null, field: new Float32Array(fieldLength) };

/** The code of one sample of one generated palm. */
export function generateCode(request: TemplateRequest, model: CodeModel): PalmCode {
  const { seed, identity, hand, sample } = request;
  const side = hand === 'left' ? 1 : 2;
  const key = `${seed}/${identity}/${hand}`;
  if (own.key !== key || own.model !== model) {
    const random = new SeededRandom(seed, identity, side, 0, 0x636f6465);
    own.field.fill(0);
    addShared(own.field, hand === 'left', model.shared + random.gaussian(model.sharedSpread));
    addMixture(own.field, random, model.parts, 1);
    own.key = key;
    own.model = model;
  }
  const random = new SeededRandom(seed, identity, side, 1 + sample, 0x636f6465);
  const warp = drawWarp(random, {
    rotationDegrees: 3 * model.pose,
    scale: 0.02 * model.pose,
    translation: 2.5 * model.pose,
    elastic: 2.2 * model.elastic,
  });
  warpField(own.field, { ...warp, scale: warp.scale / model.zoom }, sampleField);
  addMixture(sampleField, random, 2, model.noise * exponential(random.gaussian(model.noiseSpread)));
  return encodeSample();
}

const palmPart = new Float32Array(vectorLength);
const samplePart = new Float32Array(vectorLength);

/** The search vector of one sample of one generated palm, unit length. */
export function generateVector(request: TemplateRequest, model: VectorModel): Float32Array {
  const { seed, identity, hand, sample } = request;
  const side = hand === 'left' ? 1 : 2;
  const palm = new SeededRandom(seed, identity, side, 0, 0x76656374);
  palm.fillGaussian(palmPart);
  const random = new SeededRandom(seed, identity, side, 1 + sample, 0x76656374);
  random.fillGaussian(samplePart);
  const scale = exponential(palm.gaussian(model.palmSpread) + random.gaussian(model.sampleSpread));
  const sign = hand === 'left' ? -1 : 1;
  const vector = new Float32Array(vectorLength);
  for (let index = 0; index < vectorLength; index++) {
    vector[index] =
      sign * model.hand[index]! +
      model.between[index]! * palmPart[index]! +
      scale * model.within[index]! * samplePart[index]!;
  }
  return toUnitLength(vector);
}

/** One template of one generated palm; the same for the same request on every machine. */
export function generateTemplate(request: TemplateRequest): PalmTemplate {
  const model = templateModel();
  return { vector: generateVector(request, model.vector), code: generateCode(request, model.code) };
}

/** A probe of a generated palm, turned as the engine turns a template from a device. */
export function generateProbe(request: TemplateRequest): PalmProbe {
  return probeOf(generateTemplate(request));
}

export interface GalleryRequest {
  readonly seed: number;
  readonly palms: number;
  /** Templates of each palm. */
  readonly samples: number;
  /** One hand for all; by default even identities are right hands and odd ones left. */
  readonly hand?: Hand;
}

export interface GalleryEntry {
  readonly identity: number;
  readonly hand: Hand;
  readonly sample: number;
  readonly template: PalmTemplate;
}

/** Templates palm after palm, made while they are asked for. Probes take sample numbers from `samples` on. */
export function* templateGallery({ seed, palms, samples, hand }: GalleryRequest): Generator<GalleryEntry> {
  for (let identity = 0; identity < palms; identity++) {
    const side = hand ?? (identity % 2 === 0 ? 'right' : 'left');
    for (let sample = 0; sample < samples; sample++) {
      const template = generateTemplate({ seed, identity, hand: side, sample });
      yield { identity, hand: side, sample, template };
    }
  }
}
