/** A reader of bytes from outside, and a maker of bytes that it should refuse. */
import { isThenarError } from '../../../engine/errors.ts';
import type { Draw } from '../draw.ts';

export interface Decoder {
  readonly name: string;
  /** An input that nearly is one, or is none at all. */
  input(draw: Draw): Uint8Array;
  /** Takes it, or refuses it by throwing. */
  read(input: Uint8Array): unknown;
  /** Whether an error is a refusal. Default: any code of the closed union but `internal`. */
  readonly refuses?: (error: unknown) => boolean;
  /** How often it is chosen beside the others; default 1. Slow ones are below. */
  readonly weight?: number;
}

function isRefusal(error: unknown): boolean {
  return isThenarError(error) && error.code !== 'internal';
}

/** Reads one input. @returns what is wrong with how the reader took it; null when it took or refused it */
export async function tryDecoder(decoder: Decoder, input: Uint8Array): Promise<string | null> {
  try {
    await decoder.read(input);
    return null;
  } catch (error) {
    if ((decoder.refuses ?? isRefusal)(error)) return null;
    const { name = 'no error', message = String(error), stack = '' } = error as Partial<Error>;
    return `${name}: ${message} ${stack.split('\n').slice(1, 3).join(' ').trim()}`;
  }
}

/** Most of the time a damaged valid one, else bytes of no meaning. */
export function damaged(draw: Draw, valid: readonly Uint8Array[]): Uint8Array {
  return draw.chance(0.9) ? draw.mutated(draw.pick(valid)) : draw.bytes(draw.length(4_096));
}
