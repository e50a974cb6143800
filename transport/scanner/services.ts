import type { EngineApi } from '../../actors/api.ts';
import type { DeviceCall } from '../../actors/calls.ts';
import type { Admission } from '../../engine/admission/admission.ts';
import { limits } from '../../engine/limits.ts';
import type { Meter } from '../../engine/meter.ts';
import type { Clock, Log, Random, Span, Tracer } from '../../engine/ports.ts';
import { noSpan } from '../../engine/trace/spans.ts';
import type { ScannerConnection } from './connection.ts';
import type { TimerWheel } from './heartbeat.ts';
import type { Peer } from './peer.ts';

/** What scanners may ask of the engine. */
export type ScannerApi = Pick<
  EngineApi,
  'auth' | 'signup' | 'sessions' | 'challenges' | 'transactions' | 'palms' | 'consent' | 'devices'
>;

/** What all scanner connections share. */
export interface ScannerServices {
  readonly api: ScannerApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  readonly tracer: Tracer;
  readonly wheel: TimerWheel;
  /** Connections that are not closed yet. */
  readonly connections: Set<ScannerConnection>;
  /** Calls under way, of all of them and over REST. */
  readonly admission: Admission;
}

/** One call of a device, with its own request id and its deadline from now. */
export function deviceCall(services: ScannerServices, peer: Peer, span: Span = noSpan): DeviceCall {
  return {
    requestId: services.random.uuid(),
    address: peer.address,
    deadline: services.clock.monotonic() + limits.request_deadline_ms,
    actor: `device/${peer.deviceId}`,
    span,
    tenantId: peer.tenantId,
    deviceId: peer.deviceId,
    fingerprint: peer.fingerprint,
  };
}
