/** The live sockets of this node, so that they can be closed by device, by tenant and all together. */
import type { DeviceLink } from './device/protocol.ts';

interface LiveSession {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly fingerprint: string;
  readonly link: DeviceLink;
}

export class Sessions {
  readonly #live = new Map<string, LiveSession>();

  add(sessionId: string, session: LiveSession): void {
    this.#live.set(sessionId, session);
  }

  remove(sessionId: string): void {
    this.#live.delete(sessionId);
  }

  get size(): number {
    return this.#live.size;
  }

  closeTenant(tenantId: string, code: number, reason: string): void {
    for (const session of this.#live.values()) {
      if (session.tenantId === tenantId) session.link.close(code, reason);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const session of this.#live.values()) session.link.close(code, reason);
  }
}
