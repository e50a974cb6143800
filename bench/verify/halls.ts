import type { Bench } from '../harness/bench.ts';
import type { Target } from '../harness/target.ts';
import { Hall } from './hall.ts';
import { People } from './people.ts';
import { openReceiver, type Receiver } from './receiver.ts';

const SCANNERS = 16;

export interface Halls {
  readonly target: Target;
  readonly people: People;
  readonly receiver: Receiver;
  readonly all: readonly Hall[];
}

/** Tenants with a hall each on the engine to be measured, all telling one webhook receiver; closed with the bench. */
export async function openHalls(
  bench: Bench<'tenants' | 'enrolled'>,
  /** HTTP connections of each integrator. */
  connections: number,
): Promise<Halls> {
  const { tenants, enrolled } = bench.values;
  const people = new People(bench.seed);
  people.prepare(enrolled);
  const receiver = await openReceiver();
  bench.atEnd(() => receiver.close());
  const target = await bench.engine({ THENAR_WEBHOOK_ALLOW_PRIVATE: '1' });
  const options = { target, people, enrolled, scanners: SCANNERS, receiver: receiver.url, connections };
  const all = await Promise.all(
    Array.from({ length: tenants }, (_, n) => Hall.open(`Hall ${String.fromCharCode(97 + n)}`, options)),
  );
  bench.atEnd(() => Promise.all(all.map((hall) => hall.close())));
  return { target, people, receiver, all };
}
