/**
 * The part of WebAssembly that the kernels use. It lives in the DOM library of TypeScript, whose other globals do
 * not exist here and must not compile.
 */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: object);
    readonly exports: unknown;
  }
}
