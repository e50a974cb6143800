/** What traces are made of; ports.ts shows these with all others. */
import type { ErrorCode } from '../errors.ts';
import type { MatchOperation } from '../meter.ts';

/** A W3C `traceparent` of version 00: names a trace, and the span of it under which something hangs. */
export type TraceContext = string;

/** Who waits for whom: `server` answers somebody outside, `client` asks somebody outside. */
export type SpanKind = 'server' | 'internal' | 'client';

/**
 * All that spans say. A closed set, so that one look at it shows that nothing is told of people: no name, no number, no
 * token, no scan, no template. Identifiers are those that the engine made.
 */
export interface SpanFacts {
  readonly 'http.request.method': string;
  /** The pattern of the path, never the path. */
  readonly 'http.route': string;
  readonly 'http.response.status_code': number;
  readonly 'thenar.tenant_id': string;
  readonly 'thenar.device_id': string;
  readonly 'thenar.challenge_id': string;
  readonly 'thenar.linked_service_id': string;
  readonly 'thenar.webhook_id': string;
  readonly 'thenar.delivery_id': string;
  /** 1 for the first. */
  readonly 'thenar.attempt': number;
  readonly 'thenar.operation': MatchOperation;
  /** Templates that were compared exactly. */
  readonly 'thenar.compared': number;
  readonly 'thenar.matched': boolean;
  /** Why it was refused, where nothing is wrong with the engine. */
  readonly 'thenar.refusal': ErrorCode;
}

/** Something that takes time. Until it ends nobody hears of it. */
export interface Span {
  /** What follows hangs under this; null when nobody traces. */
  readonly context: TraceContext | null;
  /** Hangs it under another span, unless it hangs under one already or something hangs under it. */
  follow(parent: TraceContext | null): void;
  set<K extends keyof SpanFacts>(fact: K, value: SpanFacts[K]): void;
  /** A part of it that was timed elsewhere; `Clock.monotonic()` milliseconds. */
  part(name: string, from: number, until: number): void;
  /** Once. @param failure what went wrong, as a code and never a text: of ours, of the system, or a status */
  end(failure?: string): void;
}

export interface Tracer {
  /**
   * @param name one of few: operations, methods, kinds of work
   * @param parent null: it begins a trace
   * @param at when it began, `Clock.monotonic()` milliseconds; default now
   */
  start(name: string, kind: SpanKind, parent: TraceContext | null, at?: number): Span;
}
