/** What must be found nowhere, in every form in which bytes are commonly written down. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The three ways in which base64 of a longer text has these bytes in it, without what depends on their neighbours. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((skip) => {
    const whole = skip + Math.floor((bytes.length - skip) / 3) * 3;
    return bytes.subarray(skip, whole).toString('base64');
  });
}

/** Bytes as they are, in base64 and base64url, and in hex. */
function formsOfBytes(bytes: Buffer): Buffer[] {
  const hex = bytes.toString('hex');
  const base64 = base64Forms(bytes).flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
  return [bytes, ...[...base64, hex, hex.toUpperCase()].map((text) => Buffer.from(text))];
}

export class Needles {
  /** By their first three bytes. */
  readonly #starting = new Map<number, Needle[]>();
  /** Whether one starts with these two bytes: a table that is small enough to stay beside the processor. */
  readonly #pairs = new Uint8Array(1 << 16);
  readonly names = new Set<string>();

  /** A text of at least eight characters: shorter ones are found anywhere by chance. */
  text(name: string, text: string): void {
    if (text.length < 8) throw new Error(`${name} is too short to be looked for: ${JSON.stringify(text)}`);
    const wide = Buffer.from(text, 'utf16le');
    for (const bytes of [Buffer.from(text), wide, Buffer.from(wide).swap16()]) this.bytes(name, bytes);
  }

  /** Bytes, or a piece out of the middle of them. */
  bytes(name: string, all: Uint8Array): void {
    this.names.add(name);
    const from = all.length > 64 ? (all.length >> 1) & ~3 : 0;
    const bytes = Buffer.from(all.subarray(from, Math.min(all.length, from + 64)));
    for (const form of formsOfBytes(bytes)) {
      const start = form.readUIntBE(0, 3);
      this.#pairs[start >> 8] = 1;
      this.#starting.set(start, [...(this.#starting.get(start) ?? []), { name, bytes: form }]);
    }
  }

  /** Names of what is in there. */
  in(hay: Buffer): string[] {
    const found = new Set<string>();
    const pairs = this.#pairs;
    let pair = hay[0] ?? 0;
    for (let at = 0; at < hay.length - 2; at++) {
      pair = ((pair << 8) | hay[at + 1]!) & 0xffff;
      if (pairs[pair] === 0) continue;
      for (const { name, bytes } of this.#starting.get((pair << 8) | hay[at + 2]!) ?? []) {
        if (hay.compare(bytes, 0, bytes.length, at, Math.min(hay.length, at + bytes.length)) === 0) {
          found.add(name);
        }
      }
    }
    return [...found];
  }

  /** `file: name` of each that a file below the folder holds. A file that goes meanwhile holds nothing. */
  below(folder: string): string[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
      try {
        const path = join(folder, name);
        return statSync(path).isFile() ? this.in(readFileSync(path)).map((each) => `${name}: ${each}`) : [];
      } catch (error) {
        if (['ENOENT', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
        throw error;
      }
    });
  }
}
