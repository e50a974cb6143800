import { createCipheriv } from 'node:crypto';
import { rotateWasm } from './kernel/rotate.wasm.ts';
import { VECTOR_LENGTH } from './vectors.ts';

/**
 * A tenant's protection of search vectors (DESIGN, "Protection"): a random orthonormal matrix, so that cosines are
 * kept exactly while the same palm in two tenants is unrelated. It gives renewability and unlinkability, not
 * irreversibility (ISO/IEC 24745): whoever has the key can undo it.
 *
 * Q of a Householder QR of a Gaussian matrix, each column's sign fixed by R's diagonal, is Haar distributed
 * (Mezzadri, "How to generate random matrices from the classical compact groups", 2007).
 * @param key 32 bytes; the same key gives the same matrix on the same platform
 * @returns row-major `size` x `size`
 */
export function makeRotation(key: Uint8Array, size: number = VECTOR_LENGTH): Float32Array {
  const a = gaussian(key, size * size);
  const q = new Float64Array(size * size);
  const diagonal = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let norm = 0;
    for (let i = k; i < size; i++) norm += a[i * size + k]! ** 2;
    norm = Math.sqrt(norm);
    const head = a[k * size + k]!;
    const r = head > 0 ? -norm : norm;
    diagonal[k] = r;
    a[k * size + k] = head - r;
    // The reflector v is kept in column k below the diagonal; 2 / v'v follows from its construction.
    const beta = 1 / (norm * (norm + Math.abs(head)));
    reflect(a, a, k, size, beta, k + 1);
    q[k * size + k] = beta;
  }
  // Accumulates Q = H0 H1 ... applied to the identity, from the last reflector to the first.
  const betas = Float64Array.from({ length: size }, (_, k) => q[k * size + k]!);
  q.fill(0);
  for (let k = 0; k < size; k++) q[k * size + k] = 1;
  for (let k = size - 1; k >= 0; k--) reflect(a, q, k, size, betas[k]!, 0);
  const rotation = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const value = q[i * size + j]!;
      rotation[i * size + j] = diagonal[j]! < 0 ? -value : value;
    }
  }
  return rotation;
}

/** Bytes of one rotation. */
const ROTATION_BYTES = VECTOR_LENGTH * VECTOR_LENGTH * 4;
const VECTOR_AT = 0;
const OUT_AT = VECTOR_LENGTH * 4;
const PAGE = 65_536;
const ROTATIONS_AT = PAGE;

interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly rotate: (matrix: number, vector: number, out: number) => void;
}

const module = new WebAssembly.Module(Buffer.from(rotateWasm, 'base64'));

/**
 * Rotations of a worker's tenants, in the memory of a SIMD kernel: a plain loop over 65,536 products took a fifth of
 * an identification among 1,000 palms. One memory for all, because each reserves gigabytes of address space.
 */
export class RotationArena {
  readonly #kernel = new WebAssembly.Instance(module).exports as unknown as Kernel;
  readonly #free: number[] = [];
  #used = 0;
  #floats = new Float32Array(this.#kernel.memory.buffer);

  /** Keeps what {@link makeRotation} made. @returns the place to name it by */
  hold(rotation: Float32Array): number {
    const place = this.#free.pop() ?? this.#used++;
    const needed = this.#at(place) + ROTATION_BYTES;
    const held = this.#kernel.memory.buffer.byteLength;
    if (needed > held) {
      this.#kernel.memory.grow((needed - held) / PAGE);
      this.#floats = new Float32Array(this.#kernel.memory.buffer);
    }
    this.#floats.set(rotation, this.#at(place) / 4);
    return place;
  }

  /** The rotation as it lies in the arena, row-major; valid until the next {@link hold}. */
  read(place: number): Float32Array {
    const from = this.#at(place) / 4;
    return this.#floats.subarray(from, from + VECTOR_LENGTH * VECTOR_LENGTH);
  }

  /** Overwrites a rotation and gives its place back. */
  release(place: number): void {
    this.read(place).fill(0);
    this.#free.push(place);
  }

  /** The rotation times a vector of {@link VECTOR_LENGTH}. */
  rotate(place: number, vector: Float32Array): Float32Array {
    this.#floats.set(vector, VECTOR_AT);
    // Addresses beyond 2 GiB arrive as negative numbers and are read as unsigned ones.
    this.#kernel.rotate(this.#at(place) | 0, VECTOR_AT, OUT_AT);
    return this.#floats.slice(OUT_AT / 4, OUT_AT / 4 + VECTOR_LENGTH);
  }

  #at(place: number): number {
    return ROTATIONS_AT + place * ROTATION_BYTES;
  }
}

/** target := (I - beta v v') target for columns from `column` on, where v is column k of `source` from row k down. */
function reflect(
  source: Float64Array,
  target: Float64Array,
  k: number,
  size: number,
  beta: number,
  column: number,
): void {
  const dots = new Float64Array(size);
  for (let i = k; i < size; i++) {
    const v = source[i * size + k]!;
    for (let j = column; j < size; j++) dots[j] = dots[j]! + v * target[i * size + j]!;
  }
  for (let i = k; i < size; i++) {
    const v = source[i * size + k]! * beta;
    for (let j = column; j < size; j++) target[i * size + j] = target[i * size + j]! - v * dots[j]!;
  }
}

/** Standard normal numbers by Box-Muller from the key stream of AES-256 in counter mode. */
function gaussian(key: Uint8Array, count: number): Float64Array {
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const stream = cipher.update(Buffer.alloc(count * 8));
  const words = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const out = new Float64Array(count);
  for (let i = 0; i + 1 < count; i += 2) {
    const u = (words.getUint32(i * 8, true) + 1) / 4_294_967_297;
    const angle = (2 * Math.PI * words.getUint32(i * 8 + 8, true)) / 4_294_967_296;
    const radius = Math.sqrt(-2 * Math.log(u));
    out[i] = radius * Math.cos(angle);
    out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
