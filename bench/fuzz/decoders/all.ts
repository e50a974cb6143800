/** Every decoder, and the order in which inputs go to them. */
import { Draw } from '../draw.ts';
import type { Findings } from '../finding.ts';
import { answerDecoders } from './answers.ts';
import { certificateDecoders } from './certificates.ts';
import { type Decoder, tryDecoder } from './decoder.ts';
import { palmDecoders } from './palms.ts';
import { storedDecoders } from './stored.ts';
import { tokenDecoders } from './tokens.ts';
import { wireDecoders } from './wire.ts';

/** Tells the draws of decoders from those of other surfaces under the same seed. */
const SURFACE = 1;

export async function allDecoders(): Promise<readonly Decoder[]> {
  return [
    ...palmDecoders(),
    ...(await certificateDecoders()),
    ...(await tokenDecoders()),
    ...storedDecoders(),
    ...wireDecoders(),
    ...answerDecoders(),
  ];
}

/** Names of decoders, each as often as its weight says, for a draw to pick from. */
function wheelOf(decoders: readonly Decoder[]): readonly Decoder[] {
  return decoders.flatMap((decoder) =>
    Array<Decoder>(Math.max(1, Math.round(10 * (decoder.weight ?? 1)))).fill(decoder),
  );
}

export interface DecoderCounts {
  /** Inputs by decoder. */
  readonly inputs: Readonly<Record<string, number>>;
  /** The longest that one input kept the thread, and which it was. */
  readonly slowest: { readonly name: string; readonly number: number; readonly ms: number };
}

/**
 * Sends the inputs from one number to before another to the decoders that their draws choose.
 * @param clock milliseconds
 */
export async function runDecoders(
  decoders: readonly Decoder[],
  range: { readonly seed: number; readonly from: number; readonly until: number },
  findings: Findings,
  clock: () => number,
): Promise<DecoderCounts> {
  const wheel = wheelOf(decoders);
  const inputs: Record<string, number> = Object.fromEntries(decoders.map(({ name }) => [name, 0]));
  let slowest = { name: '', number: 0, ms: 0 };
  for (let number = range.from; number < range.until; number += 1) {
    const draw = new Draw(range.seed, SURFACE, number);
    const decoder = draw.pick(wheel);
    const input = decoder.input(draw);
    const began = clock();
    const what = await tryDecoder(decoder, input);
    const ms = clock() - began;
    inputs[decoder.name] = (inputs[decoder.name] ?? 0) + 1;
    if (ms > slowest.ms) slowest = { name: decoder.name, number, ms };
    if (what !== null) findings.add({ surface: `decoders/${decoder.name}`, number, what, input });
    // Readers that answer later must get their turn.
    if (number % 256 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { inputs, slowest };
}
