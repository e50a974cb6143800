/** A collector of traces: takes what is exported by OTLP over HTTP, and keeps it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import tap from 'tap';

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null: it begins its trace. */
  readonly parentSpanId: string | null;
  readonly kind: number;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Nanoseconds since 1970. */
  readonly from: bigint;
  readonly until: bigint;
}

interface WireAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface WireSpan extends Omit<CollectedSpan, 'parentSpanId' | 'facts' | 'from' | 'until'> {
  readonly parentSpanId?: string;
  readonly attributes?: readonly WireAttribute[];
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

export class Collector {
  /** As `OTEL_EXPORTER_OTLP_ENDPOINT` names it. */
  readonly url: string;
  readonly spans: CollectedSpan[] = [];
  /** Whatever came, byte for byte. */
  readonly bodies: string[] = [];
  readonly requests: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
  /** What all spans say of where they come from. */
  resource: Readonly<Record<string, unknown>> = {};
  readonly #waiting: (() => void)[] = [];

  private constructor(url: string) {
    this.url = url;
  }

  static async open(): Promise<Collector> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        collector.requests.push({ path: request.url ?? '', headers: request.headers });
        collector.#take(Buffer.concat(parts).toString());
        response.setHeader('content-type', 'application/json');
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const collector = new Collector(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    tap.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return collector;
  }

  /** Resolves with all spans of a trace once those of these names are among them. */
  async trace(traceId: string, ...names: readonly string[]): Promise<Trace> {
    for (;;) {
      const spans = this.spans.filter((span) => span.traceId === traceId);
      if (names.every((name) => spans.some((span) => span.name === name))) return new Trace(spans);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves with the identifier of the trace of a span that fits, once it came. */
  async traceOf(fits: (span: CollectedSpan) => boolean): Promise<string> {
    for (;;) {
      const found = this.spans.find(fits);
      if (found !== undefined) return found.traceId;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #take(body: string): void {
    this.bodies.push(body);
    for (const { resource, scopeSpans } of (JSON.parse(body) as Export).resourceSpans) {
      this.resource = factsOf(resource.attributes);
      for (const { spans } of scopeSpans) this.spans.push(...spans.map(read));
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Spans of one trace, by name: no two of those that are asked for have one. */
export class Trace {
  readonly spans: readonly CollectedSpan[];

  constructor(spans: readonly CollectedSpan[]) {
    this.spans = spans;
  }

  /** @throws Error when there is none */
  of(name: string): CollectedSpan {
    const span = this.spans.find((each) => each.name === name);
    if (span === undefined) throw new Error(`no span ${name} among ${this.spans.map((each) => each.name)}`);
    return span;
  }

  /** Names from a span up to what the trace began with, or to what is not here. */
  path(name: string): string[] {
    const names: string[] = [];
    for (let span: CollectedSpan | undefined = this.of(name); span !== undefined; ) {
      names.push(span.name);
      const { parentSpanId }: CollectedSpan = span;
      span = this.spans.find(({ spanId }) => spanId === parentSpanId);
    }
    return names;
  }

  /** Names of what hangs under a span, in the order in which they began. */
  parts(name: string): string[] {
    const { spanId } = this.of(name);
    return this.spans
      .filter(({ parentSpanId }) => parentSpanId === spanId)
      .sort((a, b) => Number(a.from - b.from))
      .map((span) => span.name);
  }
}

function read({
  attributes = [],
  parentSpanId,
  startTimeUnixNano,
  endTimeUnixNano,
  ...span
}: WireSpan): CollectedSpan {
  const { name, traceId, spanId, kind } = span;
  return {
    name,
    traceId,
    spanId,
    kind,
    parentSpanId: parentSpanId === undefined || parentSpanId === '' ? null : parentSpanId,
    facts: factsOf(attributes),
    from: BigInt(startTimeUnixNano),
    until: BigInt(endTimeUnixNano),
  };
}

function factsOf(attributes: readonly WireAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
