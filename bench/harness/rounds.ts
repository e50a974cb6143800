/** Sides measured in turns, so that a slow minute of the machine is everybody's. */

export interface Rounds {
  readonly rounds: number;
  /** Rounds before the counted ones: compilers, caches and connections get warm. Default 1. */
  readonly warmUp?: number;
  /** Told before each round; negative numbers are warm-up. */
  readonly onRound?: (round: number) => void;
}

/**
 * Runs every side once a round, in an order that turns around each time, so that no side always runs in another's
 * garbage or clock boost.
 * @returns what each side gave, round by round, without the warm-up
 */
export async function interleave<S extends Readonly<Record<string, (round: number) => Promise<unknown>>>>(
  { rounds, warmUp = 1, onRound }: Rounds,
  sides: S,
): Promise<{ [K in keyof S]: Awaited<ReturnType<S[K]>>[] }> {
  const names = Object.keys(sides) as (keyof S & string)[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as unknown[]]));
  for (let round = -warmUp; round < rounds; round += 1) {
    onRound?.(round);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const value = await sides[name]!(round);
      if (round >= 0) taken[name]!.push(value);
    }
  }
  return taken as { [K in keyof S]: Awaited<ReturnType<S[K]>>[] };
}

/** Milliseconds until `work` is done. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
