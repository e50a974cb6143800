/** The engine's tracer over OpenTelemetry's. */
import {
  type Attributes,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type TimeInput,
  trace,
} from '@opentelemetry/api';
import { limits } from '../../engine/limits.ts';
import type { Clock, SpanKind as Kind, Span, SpanFacts, TraceContext, Tracer } from '../../engine/ports.ts';

const kinds: Readonly<Record<Kind, SpanKind>> = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
};

export class ClockedTracer implements Tracer {
  readonly #tracer: OtelTracer;
  readonly #clock: Clock;
  /** Epoch milliseconds at which the monotonic clock said 0. */
  #zero = Number.NEGATIVE_INFINITY;

  constructor(tracer: OtelTracer, clock: Clock) {
    this.#tracer = tracer;
    this.#clock = clock;
  }

  start(name: string, kind: Kind, parent: TraceContext | null, at = this.#clock.monotonic()): Span {
    return new TracedSpan(this.#tracer, this.#clock, this.#epochOf(at), { name, kind, parent, at });
  }

  /**
   * Spans of one trace must lie in each other, so their times are of the clock that does not jump, and finer than a
   * millisecond; the time of day only says where that clock began.
   */
  #epochOf(at: number): number {
    const zero = this.#clock.now() - this.#clock.monotonic();
    if (Math.abs(zero - this.#zero) > limits.trace_clock_drift_ms) this.#zero = zero;
    return this.#zero + at;
  }
}

interface Begun {
  readonly name: string;
  readonly kind: Kind;
  readonly parent: TraceContext | null;
  /** `Clock.monotonic()` milliseconds. */
  readonly at: number;
}

/** Made when somebody asks for its context or it ends, so that until then it may be put elsewhere. */
class TracedSpan implements Span {
  readonly #tracer: OtelTracer;
  readonly #clock: Clock;
  readonly #epoch: number;
  readonly #begun: Begun;
  readonly #facts: Attributes = {};
  #parent: TraceContext | null;
  #span: OtelSpan | null = null;

  /** @param epoch when it began, epoch milliseconds */
  constructor(tracer: OtelTracer, clock: Clock, epoch: number, begun: Begun) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#epoch = epoch;
    this.#begun = begun;
    this.#parent = begun.parent;
  }

  get context(): TraceContext {
    return traceparent(this.#made().spanContext());
  }

  follow(parent: TraceContext | null): void {
    if (this.#span === null) this.#parent ??= parent;
  }

  set<K extends keyof SpanFacts>(fact: K, value: SpanFacts[K]): void {
    if (this.#span === null) this.#facts[fact] = value;
    else this.#span.setAttribute(fact, value);
  }

  part(name: string, from: number, until: number): void {
    const startTime = this.#timeOf(from);
    this.#tracer.startSpan(name, { startTime }, under(this.context)).end(this.#timeOf(until));
  }

  end(failure?: string): void {
    const span = this.#made();
    if (failure !== undefined) {
      span.setAttribute('error.type', failure);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(this.#timeOf(this.#clock.monotonic()));
  }

  #made(): OtelSpan {
    this.#span ??= this.#tracer.startSpan(
      this.#begun.name,
      { kind: kinds[this.#begun.kind], startTime: hrTime(this.#epoch), attributes: this.#facts },
      under(this.#parent),
    );
    return this.#span;
  }

  #timeOf(at: number): TimeInput {
    return hrTime(this.#epoch + (at - this.#begun.at));
  }
}

/** Seconds and nanoseconds: a bare number may be taken for something else. */
function hrTime(epochMs: number): TimeInput {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.floor((epochMs - seconds * 1000) * 1e6)];
}

function under(parent: TraceContext | null) {
  if (parent === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = parent.split('-');
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function traceparent({ traceId, spanId, traceFlags }: SpanContext): TraceContext {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
