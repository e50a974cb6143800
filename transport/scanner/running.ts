import { asThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { CallOutcome } from '../../engine/meter.ts';
import { endFailed } from '../../engine/trace/spans.ts';
import { openMethod, scannerCalls } from './calls.ts';
import { rpcError, unknownMethod } from './errors.ts';
import { takePayloadParts } from './frames.ts';
import { type CallId, type Incoming, renderError, renderResult } from './json-rpc.ts';
import type { Peer } from './peer.ts';
import { deviceCall, type ScannerServices } from './services.ts';

/** A call as it came, with the frame it came in. */
export interface ReceivedCall extends Extract<Incoming, { kind: 'call' }> {
  readonly payload: Uint8Array | null;
  /** Size of the frame. */
  readonly bytes: number;
}

/** The calls of one scanner that the engine is working on; made with the first call. */
export class RunningCalls {
  readonly #bytes = new Map<CallId, number>();
  #total = 0;

  get count(): number {
    return this.#bytes.size;
  }

  /** More payload is under way than one scanner may keep in memory; its socket is not read meanwhile. */
  get heavy(): boolean {
    return this.#total > limits.scanner_bytes_in_flight_max;
  }

  has(id: CallId): boolean {
    return this.#bytes.has(id);
  }

  add(call: ReceivedCall): void {
    this.#bytes.set(call.id, call.bytes);
    this.#total += call.bytes;
  }

  /** False when the call was answered otherwise in the meantime, so that none is answered twice. */
  end(id: CallId): boolean {
    const bytes = this.#bytes.get(id);
    if (bytes === undefined) return false;
    this.#bytes.delete(id);
    this.#total -= bytes;
    return true;
  }

  /** Forgets all; their later answers go nowhere. */
  abandon(): readonly CallId[] {
    const ids = [...this.#bytes.keys()];
    this.#bytes.clear();
    this.#total = 0;
    return ids;
  }
}

/** The name under which a call is counted: what a scanner makes up is one, so that nobody can make any number. */
export function countedAs({ method }: Pick<ReceivedCall, 'method'>): string {
  return method === openMethod || scannerCalls[method] !== undefined ? method : 'unknown';
}

/** @param startedAt `Clock.monotonic()` milliseconds */
export function measure(
  { clock, meter }: ScannerServices,
  call: ReceivedCall,
  outcome: CallOutcome,
  startedAt: number,
): void {
  meter.scannerCalls.record(countedAs(call), outcome, clock.monotonic() - startedAt);
}

/** Runs one call against the engine. Resolves to the frame that answers it, and never rejects. */
export async function runCall(services: ScannerServices, peer: Peer, call: ReceivedCall): Promise<string> {
  const method = scannerCalls[call.method];
  const startedAt = services.clock.monotonic();
  const record = (outcome: CallOutcome): void => measure(services, call, outcome, startedAt);
  if (method === undefined) {
    record('route_not_found');
    return renderError(call.id, unknownMethod(call.method));
  }
  const span = services.tracer.start(call.method, 'server', null, startedAt);
  span.set('thenar.tenant_id', peer.tenantId);
  span.set('thenar.device_id', peer.deviceId);
  const context = deviceCall(services, peer, span);
  try {
    const parts = takePayloadParts(call.params, call.payload);
    const result = renderResult(call.id, await method.run(services.api, context, call.params, parts));
    record('ok');
    span.end();
    return result;
  } catch (error) {
    const { code } = asThenarError(error);
    record(code);
    endFailed(span, error);
    if (code === 'internal') {
      const { requestId, tenantId, deviceId } = context;
      services.log.error(
        { error, method: call.method, requestId, tenantId, deviceId },
        'scanner call failed',
      );
    }
    return renderError(call.id, rpcError(error, context.requestId));
  }
}
