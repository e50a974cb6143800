/** Scanner sessions: from a socket to its device's actor and back. */
import { limits } from '../../engine/limits.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import {
  closeCodes,
  type DeviceMessage,
  deviceKey,
  deviceKind,
  type SessionOpened,
} from '../device/protocol.ts';

export function sessionCommands(context: Context): EngineApi['sessions'] {
  const { certificates, clock, directory, sessions, tls, views } = context;
  return {
    async open(call, link, resume) {
      views.activeTenant(call.tenantId);
      const opened = await directory.ask<DeviceMessage, SessionOpened>(
        deviceKind,
        deviceKey(call.tenantId, call.deviceId),
        call.deadline,
        (reply) => ({
          type: 'open_session',
          link,
          fingerprint: call.fingerprint,
          epoch: resume.epoch ?? null,
          lastSeq: resume.lastSeq ?? null,
          reply,
        }),
      );
      const { tenantId, deviceId, fingerprint } = call;
      sessions.add(opened.sessionId, { tenantId, deviceId, fingerprint, link });
      // The tenant may have been suspended while the session opened, when this socket was in no list yet.
      if (views.tenant(tenantId).status !== 'active') link.close(closeCodes.suspended, 'tenant suspended');
      // And so may the platform CA have been made anew.
      const { ok, certificate } = certificates.check(fingerprint, clock.now(), tls.authorities.generations);
      if (!ok && certificate !== null && !tls.authorities.generations.has(certificate.generation)) {
        link.close(closeCodes.certificateRevoked, 'the platform CA was regenerated');
      }
      return opened;
    },
    callsPerSecond: (tenantId) =>
      views.tenants.get(tenantId)?.config.scannerCallsPerSecond ?? limits.scanner_calls_per_s,
    acknowledge(call, sessionId, seq) {
      directory.tell(deviceKind, deviceKey(call.tenantId, call.deviceId), {
        type: 'acknowledge',
        sessionId,
        seq,
      });
    },
    closed(call, sessionId) {
      sessions.remove(sessionId);
      directory.tell(deviceKind, deviceKey(call.tenantId, call.deviceId), {
        type: 'session_closed',
        sessionId,
      });
    },
    closeAll: (code, reason) => sessions.closeAll(code, reason),
    connections: () => [...views.connections.values()],
  };
}
