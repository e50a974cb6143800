/** Request counts and durations by operation, in the Prometheus text format. */

/** Seconds: from a memory answer to the request deadline. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

interface Series {
  readonly buckets: number[];
  sum: number;
  count: number;
  readonly statuses: Map<number, number>;
}

/** Operations are a closed set, so the number of series is bounded by the route tables. */
export class RequestMetrics {
  readonly #listener: string;
  readonly #series = new Map<string, Series>();

  constructor(listener: string) {
    this.#listener = listener;
  }

  record(operation: string, status: number, milliseconds: number): void {
    let series = this.#series.get(operation);
    if (series === undefined) {
      series = { buckets: bounds.map(() => 0), sum: 0, count: 0, statuses: new Map() };
      this.#series.set(operation, series);
    }
    const seconds = milliseconds / 1000;
    const at = bounds.findIndex((bound) => seconds <= bound);
    if (at >= 0) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
    series.sum += seconds;
    series.count += 1;
    series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
  }

  /** Lines of `thenar_http_requests_total` (the HELP and TYPE lines are the caller's). */
  requestLines(): string[] {
    return [...this.#series].flatMap(([operation, series]) =>
      [...series.statuses].map(
        ([status, count]) =>
          `thenar_http_requests_total{${this.#labels(operation)},status="${status}"} ${count}`,
      ),
    );
  }

  /** Lines of the histogram `thenar_http_request_seconds`. */
  durationLines(): string[] {
    return [...this.#series].flatMap(([operation, series]) => {
      const labels = this.#labels(operation);
      let below = 0;
      const buckets = bounds.map((bound, at) => {
        below += series.buckets[at] ?? 0;
        return `thenar_http_request_seconds_bucket{${labels},le="${bound}"} ${below}`;
      });
      return [
        ...buckets,
        `thenar_http_request_seconds_bucket{${labels},le="+Inf"} ${series.count}`,
        `thenar_http_request_seconds_sum{${labels}} ${series.sum}`,
        `thenar_http_request_seconds_count{${labels}} ${series.count}`,
      ];
    });
  }

  #labels(operation: string): string {
    return `listener="${this.#listener}",operation="${operation}"`;
  }
}
