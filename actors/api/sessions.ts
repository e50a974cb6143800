/** The scanner socket. `link` is how the device's actor reaches the socket. */
import type { DeviceCall } from '../calls.ts';
import type { DeviceLink, SessionOpened } from '../device/protocol.ts';

export interface SessionsApi {
  open(
    call: DeviceCall,
    link: DeviceLink,
    resume: { epoch?: string; lastSeq?: number },
  ): Promise<SessionOpened>;
  /** What one scanner of this tenant may send, as it is configured now; from memory. */
  callsPerSecond(tenantId: string): number;
  acknowledge(call: DeviceCall, sessionId: string, seq: number): void;
  closed(call: DeviceCall, sessionId: string): void;
  /** Closes every live socket with 1012 during the drain. */
  closeAll(code: number, reason: string): void;
  connections(): readonly {
    readonly tenantId: string;
    readonly deviceId: string;
    readonly since: number;
  }[];
}
