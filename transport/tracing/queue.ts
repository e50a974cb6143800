import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { limits } from '../../engine/limits.ts';
import type { Meter } from '../../engine/meter.ts';
import type { Clock } from '../../engine/ports.ts';

/** As `ExportResultCode` of @opentelemetry/core has it. */
const TAKEN = 0;

/**
 * Ended spans on their way to the collector: a bounded queue, one batch at a time. What a collector that is slow, hangs
 * or is gone does not take is dropped and counted; nothing waits for it. The batch processor of the SDK does the same
 * but for the counting.
 */
export class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #clock: Clock;
  readonly #meter: Meter;
  #waiting: ReadableSpan[] = [];
  #sending: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(exporter: SpanExporter, clock: Clock, meter: Meter) {
    this.#exporter = exporter;
    this.#clock = clock;
    this.#meter = meter;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#closed || this.#waiting.length >= limits.trace_queue_max) {
      this.#meter.spans.of('dropped').value += 1;
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= limits.trace_batch_max) void this.#send();
    else this.#cancelTimer ??= this.#clock.after(limits.trace_batch_wait_ms, () => void this.#send());
  }

  /** Resolves once what waits now was taken or given up. */
  async forceFlush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending !== null) await this.#send();
  }

  /** Takes nothing more; gives what waits `limits.trace_close_ms`. */
  async shutdown(): Promise<void> {
    this.#closed = true;
    await this.#within(limits.trace_close_ms, this.forceFlush());
    this.#cancelTimer?.();
    this.#meter.spans.of('dropped').value += this.#waiting.splice(0).length;
    void this.#exporter.shutdown().catch(() => undefined);
  }

  #send(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#sending === null && this.#waiting.length > 0) {
      this.#sending = this.#export(this.#waiting.splice(0, limits.trace_batch_max)).finally(() => {
        this.#sending = null;
        if (this.#waiting.length > 0 && !this.#closed) void this.#send();
      });
    }
    return this.#sending ?? Promise.resolve();
  }

  async #export(batch: ReadableSpan[]): Promise<void> {
    const taken = await this.#within(
      // Longer than the exporter gives itself: this is for one that does not keep its own time.
      limits.trace_export_timeout_ms * 2,
      new Promise<boolean>((resolve) => {
        this.#exporter.export(batch, ({ code }) => resolve(code === TAKEN));
      }),
    );
    this.#meter.spans.of(taken === true ? 'exported' : 'failed').value += batch.length;
  }

  /** Null when the time is over first. */
  async #within<T>(ms: number, work: Promise<T>): Promise<T | null> {
    let cancel = (): void => undefined;
    const late = new Promise<null>((resolve) => {
      cancel = this.#clock.after(ms, () => resolve(null));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
}
