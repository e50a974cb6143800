import { exponential } from './mathematics.ts';

/** Gaussian profile over squared distance in units of the deviation squared, cut where it is 1 % of its depth. */
const reach = 9;
const steps = 64;
const profile = new Float32Array(reach * steps + 1);
for (let index = 0; index < profile.length; index++) profile[index] = exponential(-index / steps / 2);

/**
 * Darkens an image along a polyline with a Gaussian profile. Within one line the nearest segment counts
 * (maximum, not sum), so that joints are not darker than the rest.
 */
export class LineRaster {
  private readonly image: Float32Array;
  private readonly side: number;
  private readonly touched: Float32Array;

  constructor(image: Float32Array, side: number) {
    this.image = image;
    this.side = side;
    this.touched = new Float32Array(side * side);
  }

  /** `points`: x, y pairs in pixels; `depth` is taken from the image at the middle of the line. */
  draw(points: Float64Array, count: number, deviation: number, depth: number): void {
    const radius = 3 * deviation;
    const scale = steps / (deviation * deviation);
    const cells = this.touched;
    const side = this.side;
    let top = side;
    let bottom = -1;
    let left = side;
    let right = -1;
    for (let index = 0; index + 1 < count; index++) {
      const x0 = points[index * 2]!;
      const y0 = points[index * 2 + 1]!;
      const dx = points[index * 2 + 2]! - x0;
      const dy = points[index * 2 + 3]! - y0;
      const inverse = 1 / (dx * dx + dy * dy + 1e-9);
      const xFrom = Math.max(0, Math.ceil(Math.min(x0, x0 + dx) - radius));
      const xTo = Math.min(side - 1, Math.floor(Math.max(x0, x0 + dx) + radius));
      const yFrom = Math.max(0, Math.ceil(Math.min(y0, y0 + dy) - radius));
      const yTo = Math.min(side - 1, Math.floor(Math.max(y0, y0 + dy) + radius));
      if (xFrom > xTo || yFrom > yTo) continue;
      if (yFrom < top) top = yFrom;
      if (yTo > bottom) bottom = yTo;
      if (xFrom < left) left = xFrom;
      if (xTo > right) right = xTo;
      for (let y = yFrom; y <= yTo; y++) {
        const py = y - y0;
        for (let x = xFrom; x <= xTo; x++) {
          const px = x - x0;
          let along = (px * dx + py * dy) * inverse;
          along = along < 0 ? 0 : Math.min(along, 1);
          const ex = px - along * dx;
          const ey = py - along * dy;
          const at = ((ex * ex + ey * ey) * scale) | 0;
          if (at >= profile.length) continue;
          const value = profile[at]!;
          const cell = y * side + x;
          if (value > cells[cell]!) cells[cell] = value;
        }
      }
    }
    for (let y = top; y <= bottom; y++) {
      for (let cell = y * side + left; cell <= y * side + right; cell++) {
        this.image[cell] = this.image[cell]! - depth * cells[cell]!;
        cells[cell] = 0;
      }
    }
  }
}
