/** One request on its way through the pipeline: each step fills in what it found. */
import type { EngineApi } from '../../actors/api.ts';
import type { Caller } from '../../actors/calls.ts';
import type { Admission } from '../../engine/admission/admission.ts';
import type { Calls } from '../../engine/meter.ts';
import type { Clock, Log, Random, Span, Tracer } from '../../engine/ports.ts';
import type { RateDecision, TokenBuckets } from '../../engine/rate.ts';
import type { Facade } from './facade.ts';
import type { HttpReply, HttpRequest } from './message.ts';
import type { Answer, Plane } from './route.ts';
import type { CompiledRoute, Router } from './router.ts';

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What a listener's pipeline works with. */
export interface Listener {
  readonly plane: Plane;
  readonly api: EngineApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly router: Router;
  readonly metrics: Calls;
  readonly tracer: Tracer;
  /** Absent: this listener limits nobody whose credentials are right. */
  readonly rates?: TokenBuckets;
  /** The door of all callers of the node. Absent: this listener refuses nobody because there is much to do. */
  readonly admission?: Admission;
  /** Wrong credentials, per address. */
  readonly guesses: TokenBuckets;
  /** Requests without a known caller, and wrong credentials, per address. */
  readonly anonymousRate: Rate;
  /** A request is answered 503 after this. */
  readonly deadlineMs: number;
}

export interface Exchange {
  readonly listener: Listener;
  readonly request: HttpRequest;
  readonly requestId: string;
  /** `Clock.monotonic()` milliseconds. */
  readonly startedAt: number;
  readonly deadline: number;
  facade: Facade;
  matched: CompiledRoute | null;
  params: Readonly<Record<string, string>>;
  caller: Caller;
  /** The caller's name to limits, logs and the audit chain. */
  actor: string;
  tenantId: string | null;
  rate: RateDecision | null;
  /** From the moment when its caller is known. */
  span: Span;
  /** Whose call it counts as, once it was let in. */
  admittedAs: string | null;
  body: unknown;
  query: unknown;
  answer: Answer<unknown> | null;
  reply: HttpReply | null;
}

/** A step passes or throws; what it throws becomes the reply at the edge. */
export type Step = (exchange: Exchange) => Promise<void> | undefined | void;

/** The matched route, for steps that run after the match. */
export function routeOf(exchange: Exchange): CompiledRoute {
  if (exchange.matched === null) throw new Error('a step that needs the route ran before the match');
  return exchange.matched;
}
