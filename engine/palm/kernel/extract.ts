/** The extraction kernel and its memory: every step reads where the one before wrote. */
import { extractWasm } from './extract.wasm.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  filter(
    table: number,
    tableEnd: number,
    input: number,
    stride: number,
    rows: number,
    blocks: number,
    out: number,
    plane: number,
  ): void;
  encode(responses: number, plane: number, out: number): void;
  pool(responses: number, table: number, out: number): void;
  project(raw: number, rows: number, matrix: number, rowBytes: number, out: number): void;
}

const kernel = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(extractWasm, 'base64')))
  .exports as unknown as Exports;

export const { filter, encode: encodeAt, pool: poolAt, project: projectAt } = kernel;
export const kernelView = new DataView(kernel.memory.buffer);

let next = 64;

/** Takes a part of the kernel's memory for good; the kernel's text declares enough pages for all. */
function take(bytes: number): number {
  const at = next;
  next = (next + bytes + 63) & ~63;
  return at;
}

export interface Region<T> {
  readonly at: number;
  readonly view: T;
}

export function floats(length: number): Region<Float32Array> {
  const at = take(4 * length);
  return { at, view: new Float32Array(kernel.memory.buffer, at, length) };
}

export function words(length: number): Region<Uint32Array> {
  const at = take(4 * length);
  return { at, view: new Uint32Array(kernel.memory.buffer, at, length) };
}
