/**
 * The families over prom-client, in a registry of our own. prom-client builds a key from the labels at each
 * observation, which a request need not pay for: the engine counts plain numbers, and they are put in here when somebody
 * scrapes.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Distribution } from '../../../engine/meter.ts';
import type { Family } from './family.ts';
import type { Reading } from './reading.ts';

type Labels = Record<string, string | number>;

export class MetricsRegistry {
  readonly #registry = new Registry();
  #reading: Reading | null = null;

  /** @throws Error when two families have one name, or a name or label is none */
  constructor(families: readonly Family[]) {
    for (const family of families) this.#add(family);
  }

  /** In the Prometheus text format, version 0.0.4. */
  text(reading: Reading): Promise<string> {
    // Every family reads it before the call returns, so that scrapes at one time do not mix.
    this.#reading = reading;
    const text = this.#registry.metrics();
    this.#reading = null;
    return text;
  }

  #read(): Reading {
    if (this.#reading === null) throw new Error('metrics are read outside of a scrape');
    return this.#reading;
  }

  #add(family: Family): void {
    const { name, help, labels: labelNames } = family;
    const named = (values: readonly (string | number)[]): Labels =>
      Object.fromEntries(labelNames.map((label, at) => [label, values[at] ?? '']));
    const config = { name, help, labelNames, registers: [this.#registry] };
    switch (family.type) {
      case 'gauge': {
        const metric: Gauge = new Gauge({
          ...config,
          collect: () => {
            metric.reset();
            for (const [labels, value] of family.read(this.#read())) metric.set(named(labels), value);
          },
        });
        break;
      }
      case 'counter': {
        const metric: Counter = new Counter({
          ...config,
          collect: () => {
            metric.reset();
            for (const [labels, value] of family.read(this.#read())) metric.inc(named(labels), value);
          },
        });
        break;
      }
      case 'histogram':
        new CountedElsewhere(config, () => {
          const series = [...family.read(this.#read())];
          return series.map(([labels, distribution]) => [named(labels), distribution] as const);
        });
        break;
      default:
        family satisfies never;
    }
  }
}

type Values = Awaited<ReturnType<Histogram['get']>>;
type Value = Values['values'][number];

/** A histogram whose buckets somebody else fills. */
class CountedElsewhere extends Histogram {
  readonly #described: Omit<Values, 'values'>;
  readonly #read: () => readonly (readonly [labels: Labels, distribution: Distribution])[];

  constructor(
    config: ConstructorParameters<typeof Histogram>[0],
    read: () => readonly (readonly [labels: Labels, distribution: Distribution])[],
  ) {
    super(config);
    const { name, help } = config;
    const type = 'histogram' as unknown as Values['type'];
    this.#described = { name, help, type, aggregator: 'sum', collect: () => undefined };
    this.#read = read;
  }

  override async get(): Promise<Values> {
    const { name } = this.#described;
    const values = this.#read().flatMap(([labels, distribution]) => rendered(name, labels, distribution));
    return { ...this.#described, values };
  }

  /** What the registry asks for when it writes text. */
  getForPromString(): Promise<Values> {
    return this.get();
  }
}

/** Buckets are cumulative in the format, and apart from each other in memory. */
function rendered(name: string, labels: Labels, { bounds, counts, sum }: Distribution): Value[] {
  let below = 0;
  const values: Value[] = [];
  for (const [at, count] of counts.entries()) {
    below += count;
    const le = bounds[at] ?? '+Inf';
    values.push({ labels: { ...labels, le }, value: below, metricName: `${name}_bucket` });
  }
  values.push(
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: below, metricName: `${name}_count` },
  );
  return values;
}
