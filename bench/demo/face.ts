/** Faces for the development vendor, to which any textured image is one: each capture of a person is another image. */
import { encode } from 'fast-png';
import { renderPalm } from '../palms/render.ts';

let sample = 0;

/** A fresh capture of a person, as a PNG file. */
export function facePng(person: number): Uint8Array {
  sample += 1;
  const { width, height, pixels } = renderPalm({
    seed: 31,
    identity: person,
    hand: 'right',
    sample,
    preset: 'normal',
  });
  return encode({ width, height, data: pixels, channels: 1, depth: 8 });
}

/** The same as the fields of a body (document 001: FaceTec fields). */
export function faceFieldsOf(person: number) {
  const image = Buffer.from(facePng(person)).toString('base64');
  return {
    face_scan: image,
    audit_trail_image: image,
    low_quality_audit_trail_image: image,
    user_agent: 'thenar-demo/1.0',
  };
}
