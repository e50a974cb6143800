import { ThenarError } from '../../engine/errors.ts';
import { assertDeviceUsable } from '../../engine/identity/device.ts';
import { limits } from '../../engine/limits.ts';
import type { DeviceRecord, JsonObject } from '../../engine/records.ts';
import { hashPairingCode } from '../../engine/secrets/codes.ts';
import { newPairingCode } from '../../engine/secrets/generate.ts';
import type { DeviceReference, EngineApi } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { changeDevice } from '../device/change.ts';
import { configUpdate } from '../device/configuration.ts';
import { closeCodes, type DeviceChange } from '../device/protocol.ts';
import { revocationWrites } from '../tls/issuers.ts';
import { listDevices, showDevice } from './device-list.ts';
import { reactivateDevice, renewPairingCode, suspendDevice } from './device-standing.ts';
import { pairDevice, renewDevice } from './pairing.ts';
import { createRevocationLists } from './revocation.ts';
import { createStatusResponder } from './status.ts';

/** Scanners of a tenant: registration, binding, certificates, revocation. */
export function deviceCommands(context: Context): EngineApi['devices'] {
  const { clock, random, store, views } = context;
  const lists = createRevocationLists(context);
  const responder = createStatusResponder(context);

  async function find(call: TenantCall, reference: DeviceReference): Promise<DeviceRecord> {
    const deviceId = await views.deviceId(call.tenantId, reference);
    const device =
      views.devices.get(deviceId) ?? (await store.get('devices', { tenantId: call.tenantId, deviceId }));
    if (device === null) throw new ThenarError('device_not_found', 'There is no such device.');
    return device;
  }

  return {
    async register(call, input) {
      const { tenantId } = call;
      const pairingCode = newPairingCode(random);
      const now = clock.now();
      const device: DeviceRecord = {
        deviceId: random.uuid(),
        tenantId,
        deviceName: input.deviceName,
        location: input.location,
        deviceClass: input.deviceClass ?? 'personal',
        boundProduct: input.boundProduct ?? null,
        boundAction: input.boundAction ?? null,
        hardwareId: null,
        model: null,
        firmware: null,
        serial: null,
        status: 'registered',
        pairedAt: null,
        certificateExpiresAt: null,
        lastSeenAt: null,
        seq: 0,
        version: 1,
        createdAt: now,
      };
      await store.commit({
        tenantId,
        writes: [
          { insert: 'devices', row: device },
          {
            insert: 'pairingCodes',
            row: {
              codeHash: hashPairingCode(context.codeKey, pairingCode),
              tenantId,
              deviceId: device.deviceId,
              expiresAt: now + limits.pairing_code_life_s * 1000,
              usedAt: null,
            },
          },
        ],
        audit: [
          { eventType: 'device_registered', actor: call.actor, details: { device_id: device.deviceId } },
        ],
      });
      return { device, pairingCode, expiresInS: limits.pairing_code_life_s };
    },
    list: (call, query) => listDevices(context, call, query),
    async get(call, reference) {
      return showDevice(context, await find(call, reference));
    },
    async update(call, deviceId, input) {
      await find(call, { deviceId });
      return changeDevice(context, call, deviceId, (device) => {
        const set = {
          ...(input.deviceName === undefined ? {} : { deviceName: input.deviceName }),
          ...(input.location === undefined ? {} : { location: input.location }),
          ...(input.deviceClass === undefined ? {} : { deviceClass: input.deviceClass }),
          ...(input.boundProduct === undefined ? {} : { boundProduct: input.boundProduct }),
          ...(input.boundAction === undefined ? {} : { boundAction: input.boundAction }),
        };
        return {
          set,
          writes: [],
          audit: [{ eventType: 'device_updated', actor: call.actor, details: { device_id: deviceId } }],
          ...(device.status === 'paired' ? { push: configUpdate({ ...device, ...set }) } : {}),
        };
      });
    },
    async revoke(call, deviceId) {
      await find(call, { deviceId });
      const now = clock.now();
      const revoke = (device: DeviceRecord): DeviceChange => ({
        set: { status: 'revoked' },
        writes: [
          ...revocationWrites({ tenantId: call.tenantId, deviceId }, now),
          { delete: 'pairingCodes', where: { tenantId: call.tenantId, deviceId } },
        ],
        audit:
          device.status === 'revoked'
            ? []
            : [
                {
                  eventType: 'device_revoked',
                  severity: 'warning',
                  actor: call.actor,
                  details: { device_id: deviceId },
                },
              ],
        // Even when the caller has given up waiting: a revocation that only the database knows of is none.
        committed() {
          for (const { fingerprint } of context.certificates.ofDevice(deviceId)) {
            context.certificates.deny(fingerprint, now, 'revoked');
          }
        },
        close: { code: closeCodes.certificateRevoked, reason: 'certificate revoked' },
      });
      await changeDevice(context, call, deviceId, revoke, true);
    },
    async suspend(call, deviceId) {
      await find(call, { deviceId });
      return suspendDevice(context, call, deviceId);
    },
    async reactivate(call, deviceId) {
      await find(call, { deviceId });
      return reactivateDevice(context, call, deviceId);
    },
    async renewPairingCode(call, deviceId) {
      await find(call, { deviceId });
      return renewPairingCode(context, call, deviceId);
    },
    pair: (call, input) => pairDevice(context, call, input),
    renew: (call, input) => renewDevice(context, call, input),
    async report(call, input) {
      const firmware = typeof input.firmware === 'string' ? input.firmware.slice(0, 255) : null;
      await changeDevice(context, call, call.deviceId, (device) => {
        assertDeviceUsable(device);
        return {
          set: { lastSeenAt: clock.now(), firmware: firmware ?? device.firmware },
          writes: [],
          audit: [
            {
              eventType: 'device_reported',
              actor: call.actor,
              details: { device_id: call.deviceId, report: boundedReport(input) },
            },
          ],
        };
      });
    },
    crl: (generation) => lists.current(generation),
    ocsp: (call, request) => responder.answer(call, request),
    caPem: () => context.tls.authorities.pem,
  };
}

/** A report is kept as it came, as long as it is small. */
function boundedReport(report: JsonObject): JsonObject {
  return Buffer.byteLength(JSON.stringify(report)) <= limits.metadata_bytes_max
    ? report
    : { too_large: true };
}
