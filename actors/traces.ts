/** Which trace what goes on belongs to, where hours may lie between: a challenge and its scan, an event and its delivery. */
import { limits } from '../engine/limits.ts';
import type { Span, SpanKind, TraceContext, Tracer } from '../engine/ports.ts';
import { RecentMap } from '../engine/recent.ts';

interface ChallengeTrace {
  /** Of its creation; each push hangs under it. */
  readonly created: TraceContext;
  /** Of the latest push; what its scanner does hangs under it. */
  readonly latest: TraceContext;
}

/**
 * In memory alone: who looks at a trace does so while it is fresh, and nothing is decided by it. After a restart the
 * next push or attempt begins a trace of its own. Without tracing both maps stay empty.
 */
export class Traces {
  readonly tracer: Tracer;
  /** Of challenges whose actor is in memory. */
  readonly #challenges = new Map<string, ChallengeTrace>();
  readonly #events = new RecentMap<string, TraceContext>(limits.webhook_events_cached_max);

  constructor(tracer: Tracer) {
    this.tracer = tracer;
  }

  start(name: string, kind: SpanKind, parent: TraceContext | null): Span {
    return this.tracer.start(name, kind, parent);
  }

  challengeCreated(challengeId: string, trace: TraceContext | null): void {
    if (trace !== null) this.#challenges.set(challengeId, { created: trace, latest: trace });
  }

  /** The span of a challenge on its way to its scanner, from the push to its acknowledgement. */
  present(challenge: Readonly<Record<'challengeId' | 'deviceId' | 'tenantId', string>>): Span {
    const { challengeId, deviceId, tenantId } = challenge;
    const known = this.#challenges.get(challengeId);
    const span = this.tracer.start('challenge.present', 'client', known?.created ?? null);
    const { context } = span;
    if (context === null) return span;
    this.#challenges.set(challengeId, { created: known?.created ?? context, latest: context });
    span.set('thenar.tenant_id', tenantId);
    span.set('thenar.device_id', deviceId);
    span.set('thenar.challenge_id', challengeId);
    return span;
  }

  /** Under what the call of a scanner about this challenge hangs. */
  ofChallenge(challengeId: string): TraceContext | null {
    return this.#challenges.get(challengeId)?.latest ?? null;
  }

  /** The challenge's actor left memory. */
  challengeGone(challengeId: string): void {
    this.#challenges.delete(challengeId);
  }

  emitted(eventId: string, trace: TraceContext | null): void {
    if (trace !== null) this.#events.set(eventId, trace);
  }

  ofEvent(eventId: string): TraceContext | null {
    return this.#events.get(eventId) ?? null;
  }
}
