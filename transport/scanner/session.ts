import { closeCodes, type DeviceLink, type Push, type SessionOpened } from '../../actors/device/protocol.ts';
import { overloaded } from '../../engine/admission/overloaded.ts';
import { asThenarError, type ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Span } from '../../engine/ports.ts';
import { noSpan } from '../../engine/trace/spans.ts';
import { openMethod, readOpenParams, renderOpened } from './calls.ts';
import type { ScannerConnection } from './connection.ts';
import { busy, closeCodeOf, restarting, rpcError, violation } from './errors.ts';
import { type CallId, readMessage, renderError, renderResult } from './json-rpc.ts';
import { renderPush } from './push.ts';
import { countedAs, measure, type ReceivedCall, RunningCalls, runCall } from './running.ts';
import { deviceCall, type ScannerServices } from './services.ts';
import { Unanswered } from './unanswered.ts';

/**
 * connected: upgraded, `session.open` has not come.  opening: the engine is opening the session.
 * open: calls both ways.  draining: running calls finish, new ones are refused.  closing: nothing is heard any more.
 */
export type SessionState = 'connected' | 'opening' | 'open' | 'draining' | 'closing';

/** What is said over one connection: calls of the scanner, and pushes of the engine with their answers. */
export class ScannerSession implements DeviceLink {
  readonly #services: ScannerServices;
  readonly #connection: ScannerConnection;
  #state: SessionState = 'connected';
  #sessionId: string | null = null;
  /** Highest `seq` the scanner can know of; an answer beyond it acknowledges something that was never sent. */
  #lastSeq = 0;
  #running: RunningCalls | null = null;
  /** Calls that came while the session was opening, and pushes that came before its reply was sent. */
  #heldCalls: ReceivedCall[] | null = null;
  #heldPushes: (readonly [push: Push, span: Span])[] | null = null;
  #unanswered: Unanswered | null = null;

  constructor(services: ScannerServices, connection: ScannerConnection) {
    this.#services = services;
    this.#connection = connection;
  }

  get state(): SessionState {
    return this.#state;
  }

  get closing(): boolean {
    return this.#state === 'closing';
  }

  /** A session was opened over this connection and has not ended. */
  get established(): boolean {
    return this.#sessionId !== null;
  }

  // --- From the scanner -----------------------------------------------------------------------------------

  receive(json: unknown, payload: Uint8Array | null, bytes: number): void {
    const message = readMessage(json);
    switch (message.kind) {
      case 'invalid':
        this.#violate(message.id, message.message);
        break;
      case 'answer':
        this.#acknowledge(message.id, message.accepted);
        break;
      case 'call':
        this.#take({ ...message, payload, bytes });
        break;
      default:
        message satisfies never;
    }
  }

  #take(call: ReceivedCall): void {
    switch (this.#state) {
      case 'connected':
        if (call.method === openMethod) void this.#open(call);
        else this.#violate(call.id, 'The first call must be session.open.');
        break;
      case 'opening':
        if (call.method === openMethod) this.#violate(call.id, 'session.open comes once.');
        else this.#hold(call);
        break;
      case 'open':
        if (call.method === openMethod) this.#violate(call.id, 'session.open comes once.');
        else this.#start(call);
        break;
      case 'draining':
        this.#turnAway(call, restarting);
        break;
      case 'closing':
        break;
      default:
        this.#state satisfies never;
    }
  }

  async #open(call: ReceivedCall): Promise<void> {
    this.#state = 'opening';
    const context = deviceCall(this.#services, this.#connection.peer);
    const startedAt = this.#services.clock.monotonic();
    try {
      const resume = readOpenParams(call.params);
      const opened = await this.#services.api.sessions.open(context, this, resume);
      measure(this.#services, call, 'ok', startedAt);
      this.#opened(call.id, opened);
    } catch (error) {
      measure(this.#services, call, asThenarError(error).code, startedAt);
      this.#connection.log('warn', 'session.open failed', { error, requestId: context.requestId });
      this.#connection.send(renderError(call.id, rpcError(error, context.requestId)));
      this.#heldPushes = null;
      const code = closeCodeOf(asThenarError(error).code);
      if (code !== null) this.close(code, asThenarError(error).code);
      // Another attempt may do better; the time to open a session runs on.
      if (this.#state === 'opening') this.#state = 'connected';
      for (const held of this.#takeHeldCalls()) this.#take(held);
    }
  }

  #opened(id: CallId, opened: SessionOpened): void {
    this.#sessionId = opened.sessionId;
    if (this.#state === 'closing') {
      this.ended();
      return;
    }
    this.#connection.send(renderResult(id, renderOpened(opened)));
    this.#lastSeq = opened.lastSeq;
    this.#state = 'open';
    this.#connection.startHeartbeat();
    const pushes = this.#heldPushes ?? [];
    this.#heldPushes = null;
    for (const [push, span] of pushes) this.push(push, span);
    for (const held of this.#takeHeldCalls()) this.#take(held);
  }

  #hold(call: ReceivedCall): void {
    this.#heldCalls ??= [];
    if (this.#heldCalls.length < limits.scanner_calls_in_flight_max) this.#heldCalls.push(call);
    else this.#turnAway(call, busy);
  }

  #takeHeldCalls(): readonly ReceivedCall[] {
    const calls = this.#heldCalls ?? [];
    this.#heldCalls = null;
    return calls;
  }

  #start(call: ReceivedCall): void {
    if (this.#running?.has(call.id) === true) {
      this.#violate(null, 'A call with this id is still under way.');
    } else if ((this.#running?.count ?? 0) >= limits.scanner_calls_in_flight_max) {
      this.#turnAway(call, busy);
    } else {
      this.#enter(call);
    }
  }

  #enter(call: ReceivedCall): void {
    const { admission } = this.#services;
    const entry = admission.enter(this.#connection.peer.tenantId, (letIn) => {
      if (letIn) this.#run(call);
      else this.#refuseWaiting(call);
    });
    if (entry === 'refused') {
      this.#turnAway(call, overloaded);
      return;
    }
    this.#running ??= new RunningCalls();
    this.#running.add(call);
    if (this.#running.heavy) this.#connection.setReading(false);
    if (entry === 'in') this.#run(call);
  }

  #refuseWaiting(call: ReceivedCall): void {
    if (this.#running?.has(call.id) !== true) return;
    this.#services.meter.scannerCalls.turnedAway(countedAs(call), overloaded.code);
    this.#finish(call.id, renderError(call.id, rpcError(overloaded, null)));
  }

  #run(call: ReceivedCall): void {
    const { peer } = this.#connection;
    const { admission } = this.#services;
    // The scanner went while its call waited: nobody wants to know any more.
    if (this.#running?.has(call.id) !== true) {
      admission.leave(peer.tenantId);
      return;
    }
    void runCall(this.#services, peer, call).then((text) => {
      // An abandoned call is work all the same until it ends.
      admission.leave(peer.tenantId);
      this.#finish(call.id, text);
    });
  }

  #finish(id: CallId, answer: string): void {
    if (this.#running?.end(id) !== true) return;
    this.#connection.send(answer);
    if (!this.#running.heavy) this.#connection.setReading(true);
    if (this.#running.count > 0) return;
    this.#running = null;
    if (this.#state === 'draining') this.close(closeCodes.restarting, 'The engine is restarting.');
  }

  #acknowledge(seq: number, accepted: boolean): void {
    if (this.#sessionId === null || seq < 1 || seq > this.#lastSeq) {
      this.#violate(null, 'The answer belongs to no call of ours.');
    } else if (accepted) {
      this.#unanswered?.acknowledged(seq, this.#services.clock.monotonic(), this.#services.meter);
      if (this.#unanswered?.none === true) this.#unanswered = null;
      const context = deviceCall(this.#services, this.#connection.peer);
      this.#services.api.sessions.acknowledge(context, this.#sessionId, seq);
    } else {
      this.#connection.log('warn', 'scanner refused a call', { seq });
    }
  }

  /** Nothing was done for it. */
  #turnAway(call: ReceivedCall, error: ThenarError): void {
    this.#services.meter.scannerCalls.turnedAway(countedAs(call), error.code);
    this.#refuse(call.id, error);
  }

  #refuse(id: CallId, error: unknown): void {
    this.#connection.send(renderError(id, rpcError(error, null)));
  }

  #violate(id: CallId | null, message: string): void {
    this.#connection.send(renderError(id, violation(message)));
    this.close(closeCodes.protocolViolation, message);
  }

  // --- From the engine ------------------------------------------------------------------------------------

  push(push: Push, span: Span = noSpan): void {
    switch (this.#state) {
      case 'connected':
      case 'opening':
        // The reply of session.open comes first on the wire, whatever the engine does first.
        this.#heldPushes ??= [];
        if (this.#heldPushes.length < limits.device_outbox_max) this.#heldPushes.push([push, span]);
        break;
      case 'open':
      case 'draining':
        this.#lastSeq = Math.max(this.#lastSeq, push.seq);
        this.#connection.send(renderPush(push));
        this.#services.meter.pushes.of(push.method).value += 1;
        this.#unanswered ??= new Unanswered();
        this.#unanswered.sent(push.seq, { method: push.method, at: this.#services.clock.monotonic(), span });
        break;
      case 'closing':
        break;
      default:
        this.#state satisfies never;
    }
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }

  // --- The end --------------------------------------------------------------------------------------------

  /** Nothing is heard or said any more. */
  stop(): void {
    this.#state = 'closing';
    this.#heldCalls = null;
    this.#heldPushes = null;
  }

  /** New calls are refused; closes 1012 once nothing is under way. */
  drain(): void {
    if (this.#state === 'closing') return;
    if (this.#running === null) this.close(closeCodes.restarting, 'The engine is restarting.');
    else this.#state = 'draining';
  }

  /** Answers what is still under way with `unavailable` and closes 1012. */
  abandon(): void {
    for (const id of this.#running?.abandon() ?? []) this.#refuse(id, restarting);
    this.close(closeCodes.restarting, 'The engine is restarting.');
  }

  /** The socket is gone: tells the engine, once, when a session was open. */
  ended(): void {
    this.#running?.abandon();
    this.#unanswered?.abandon();
    const sessionId = this.#sessionId;
    this.#sessionId = null;
    if (sessionId === null) return;
    this.#services.api.sessions.closed(deviceCall(this.#services, this.#connection.peer), sessionId);
  }
}
