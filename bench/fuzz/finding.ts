/** What must not have happened, with the input that brought it about. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Finding {
  /** `decoders/png`, `http/raw`, … */
  readonly surface: string;
  /** Number of the input under its surface's seed. */
  readonly number: number;
  /** What is wrong, in one line. */
  readonly what: string;
  readonly input: Uint8Array;
}

/** Findings kept in one run; more of them say nothing new. */
const FINDINGS_MAX = 200;

/** Collects findings; each is written to a file of its own, so that it can be looked at and sent again. */
export class Findings {
  readonly #folder: string | null;
  readonly #kept: Finding[] = [];
  #total = 0;

  /** @param folder null: nothing is written */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  get total(): number {
    return this.#total;
  }

  add(finding: Finding): void {
    this.#total += 1;
    if (this.#kept.length >= FINDINGS_MAX) return;
    this.#kept.push(finding);
    if (this.#folder === null) return;
    mkdirSync(this.#folder, { recursive: true });
    const name = `${finding.surface.replaceAll('/', '-')}-${finding.number}`;
    writeFileSync(join(this.#folder, `${name}.bin`), finding.input);
    writeFileSync(
      join(this.#folder, `${name}.txt`),
      `${finding.surface} ${finding.number}\n${finding.what}\n`,
    );
  }

  /** One line each, with the beginning of the input in base64. */
  lines(max = 20): string[] {
    return this.#kept.slice(0, max).map(({ surface, number, what, input }) => {
      const beginning = Buffer.from(input.subarray(0, 96)).toString('base64');
      return `${surface} ${number}: ${what} [${input.length} bytes: ${beginning}${input.length > 96 ? '…' : ''}]`;
    });
  }
}
