/** Spans that nobody watches, and work in those that somebody does. */
import { asThenarError, type ErrorCode } from '../errors.ts';
import type { Span, TraceContext, Tracer } from './ports.ts';

/** Costs a call. */
export const noSpan: Span = Object.freeze({
  context: null,
  follow: () => undefined,
  set: () => undefined,
  part: () => undefined,
  end: () => undefined,
});

/** When nobody traces. */
export const noTracer: Tracer = Object.freeze({ start: () => noSpan });

/** Runs work in a span, which ends with it; when nobody traces, nothing is put around the work. */
export function inSpan<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  return span.context === null ? work(span) : ending(span, work);
}

async function ending<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    const value = await work(span);
    span.end();
    return value;
  } catch (error) {
    endFailed(span, error);
    throw error;
  }
}

/** Codes of failures that are the engine's; with any other it did what it should. */
const faults: ReadonlySet<ErrorCode> = new Set([
  'engine_busy',
  'unavailable',
  'deadline_exceeded',
  'internal',
]);

export function endFailed(span: Span, error: unknown): void {
  const { code } = asThenarError(error);
  if (faults.has(code)) return span.end(code);
  span.set('thenar.refusal', code);
  span.end();
}

/** What a call to somebody outside carries, so that their work can hang under its span; nothing when nobody traces. */
export function traceHeaders(trace: TraceContext | null): Readonly<Record<string, string>> {
  return trace === null ? {} : { traceparent: trace };
}

/** For logs. */
export function traceIdOf(trace: TraceContext): string {
  return trace.slice(3, 35);
}

const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * Reads the header `traceparent` as the W3C recommendation "Trace Context" (section 3.2) has it; one that is malformed
 * is as none. Of versions to come it takes what version 00 knows.
 */
export function readTraceparent(header: string | undefined): TraceContext | null {
  if (header === undefined) return null;
  const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header);
  if (found === null) return null;
  const [, version, trace = NO_TRACE, span = NO_SPAN, flags = '00', more] = found;
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (trace === NO_TRACE || span === NO_SPAN) return null;
  // Of the flags only `sampled` is ours to hand on.
  return `00-${trace}-${span}-0${Number.parseInt(flags, 16) & 1}`;
}
