/** Pairing and renewal: a code or a certificate against a new certificate. */
import { ThenarError } from '../../engine/errors.ts';
import { assertDeviceUsable } from '../../engine/identity/device.ts';
import { limits } from '../../engine/limits.ts';
import { DAY_MS } from '../../engine/pki/authority.ts';
import { type IssuedCertificate as Issued, issueDeviceCertificate } from '../../engine/pki/certificate.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import type { Write } from '../../engine/ports.ts';
import type { CertificateRecord, DeviceRecord, PairingCodeRecord } from '../../engine/records.ts';
import { hashPairingCode } from '../../engine/secrets/codes.ts';
import { normalisePairingCode } from '../../engine/secrets/generate.ts';
import type { IssuedCertificate, PairDevice } from '../api.ts';
import type { Call, DeviceCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { changeDevice } from '../device/change.ts';
import { closeCodes } from '../device/protocol.ts';
import { denialOf } from '../tls/issuers.ts';
import { emit } from '../webhook/emit.ts';
import { pairingGuesses } from './guesses.ts';

/**
 * A one-time code and proof of a key against a certificate. The code is spent in the commit that stores the
 * certificate, so two scanners racing for one code get one certificate between them.
 */
export async function pairDevice(
  context: Context,
  call: Call,
  input: PairDevice,
): Promise<IssuedCertificate> {
  const code = await findCode(context, call, input.pairingCode);
  const { tenantId, deviceId } = code;
  context.views.activeTenant(tenantId);
  const request = readCsr(input.csr);
  const issued = await issue(context, tenantId, deviceId, request.publicKey);
  const now = context.clock.now();
  const record = certificateRecord(issued, tenantId, deviceId);
  const { hardwareId } = input.deviceInfo;
  await changeDevice(context, { tenantId, deadline: call.deadline }, deviceId, (device) => {
    // A code never lifts a suspension or a revocation.
    if (device.status !== 'registered') assertDeviceUsable(device);
    const emission = emit(context, tenantId, 'device.paired', {
      hardwareId,
      deviceName: device.deviceName,
      location: device.location,
      pairedAt: now,
      certificateExpiresAt: issued.notAfter,
    });
    return {
      set: pairedFields(device, input, now, issued.notAfter),
      writes: [
        {
          update: 'pairingCodes',
          where: { codeHash: code.codeHash, usedAt: null, expiresAt: { gt: now } },
          set: { usedAt: now },
          otherwise: 'pairing_code_used',
        },
        ...replaceCertificates(tenantId, deviceId, record, now),
        ...emission.writes,
      ],
      audit: [
        {
          eventType: 'device_paired',
          actor: call.actor,
          details: { device_id: deviceId, hardware_id: hardwareId, fingerprint: issued.fingerprint },
        },
      ],
      committed() {
        denyAll(context, deviceId, now);
        context.certificates.set(record);
        emission.wake();
      },
      close: { code: closeCodes.certificateRevoked, reason: 'paired again' },
    };
  });
  return reply(context, deviceId, issued);
}

/** A new certificate for a device that holds a good one. The old one is denied after the overlap, or at first use. */
export async function renewDevice(
  context: Context,
  call: DeviceCall,
  input: { csr: string },
): Promise<IssuedCertificate> {
  const { tenantId, deviceId, fingerprint } = call;
  assertMayRenew(context, deviceId);
  const request = readCsr(input.csr);
  const issued = await issue(context, tenantId, deviceId, request.publicKey);
  const record = certificateRecord(issued, tenantId, deviceId);
  const deniedAt = context.clock.now() + limits.certificate_overlap_ms;
  await changeDevice(context, call, deviceId, (device) => {
    assertDeviceUsable(device);
    return {
      set: { certificateExpiresAt: issued.notAfter },
      writes: [...replaceCertificates(tenantId, deviceId, record, deniedAt)],
      audit: [
        {
          eventType: 'device_certificate_renewed',
          actor: call.actor,
          details: { device_id: deviceId, fingerprint: issued.fingerprint, replaces: fingerprint },
        },
      ],
      committed() {
        denyAll(context, deviceId, deniedAt);
        context.certificates.set(record);
      },
    };
  });
  return reply(context, deviceId, issued);
}

/** Each certificate stays known until it runs out; a device that renews in a loop would use up the room of all. */
function assertMayRenew({ certificates, clock }: Context, deviceId: string): void {
  const since = clock.now() - DAY_MS;
  const recent = certificates.ofDevice(deviceId).filter(({ notBefore }) => notBefore > since);
  if (recent.length < limits.certificate_renewals_per_day_max) return;
  const oldest = Math.min(...recent.map(({ notBefore }) => notBefore));
  const message = `A device may have ${limits.certificate_renewals_per_day_max} certificates a day.`;
  throw new ThenarError('rate_limited', message, { retryAfterMs: oldest - since });
}

/** The first use of a renewed certificate denies those before it, on this node at once and for good. */
export function certificateUsed(context: Context, fingerprint: string): void {
  const used = context.certificates.get(fingerprint);
  if (used === null || used.deniedAt !== null) return;
  const { tenantId, deviceId } = used;
  const now = context.clock.now();
  const older = context.certificates
    .ofDevice(deviceId)
    .filter((other) => other.fingerprint !== fingerprint && (other.deniedAt ?? Infinity) > now);
  if (older.length === 0) return;
  for (const other of older) context.certificates.deny(other.fingerprint, now, 'superseded');
  context.store
    .commit({
      tenantId,
      writes: [
        {
          update: 'certificates',
          where: { fingerprint: { in: older.map((other) => other.fingerprint) }, deniedAt: { gt: now } },
          set: { deniedAt: now, denyReason: 'superseded' },
        },
      ],
    })
    .then(
      () => context.certificates.denialsCommitted(),
      (error: unknown) =>
        context.log.warn({ deviceId, error }, 'A superseded certificate stays in its overlap'),
    );
}

function denyAll(context: Context, deviceId: string, at: number): void {
  for (const { fingerprint } of context.certificates.ofDevice(deviceId)) {
    context.certificates.deny(fingerprint, at, 'superseded');
  }
}

async function findCode(context: Context, call: Call, typed: string): Promise<PairingCodeRecord> {
  const code = normalisePairingCode(typed);
  const found = await context.guesses.guess(pairingGuesses(call.address), async () =>
    code === null
      ? null
      : context.store.get('pairingCodes', { codeHash: hashPairingCode(context.codeKey, code) }),
  );
  if (found === null) throw new ThenarError('pairing_code_invalid', 'This pairing code is not known.');
  if (found.usedAt !== null) throw new ThenarError('pairing_code_used', 'This pairing code has been used.');
  if (found.expiresAt <= context.clock.now()) {
    throw new ThenarError('pairing_code_expired', 'This pairing code has expired.');
  }
  return found;
}

function issue(context: Context, tenantId: string, deviceId: string, publicKey: Uint8Array): Promise<Issued> {
  const { publicUrl } = context.config;
  const { current } = context.tls.authorities;
  return issueDeviceCertificate(current, {
    tenantId,
    deviceId,
    publicKey,
    now: context.clock.now(),
    validityDays: context.deployment.devicePolicy.validityDays,
    random: context.random,
    ...(publicUrl === null
      ? {}
      : {
          published: {
            crlUrl: `${publicUrl}/v1/pki/crl?generation=${current.generation}`,
            ocspUrl: `${publicUrl}/v1/pki/ocsp`,
          },
        }),
  });
}

function certificateRecord(issued: Issued, tenantId: string, deviceId: string): CertificateRecord {
  const { fingerprint, serial, generation, notBefore, notAfter } = issued;
  return {
    fingerprint,
    serial,
    tenantId,
    deviceId,
    generation,
    notBefore,
    notAfter,
    deniedAt: null,
    denyReason: null,
  };
}

/** The certificates before are denied from `deniedAt` on; an earlier denial stands. */
function replaceCertificates(
  tenantId: string,
  deviceId: string,
  record: CertificateRecord,
  deniedAt: number,
): Write[] {
  return [
    ...denialOf({ tenantId, deviceId }, deniedAt, 'superseded'),
    { insert: 'certificates', row: record },
    // The CA may have been replaced since it signed; then the device asks again and gets a certificate that stands.
    {
      update: 'certificateAuthorities',
      where: { generation: record.generation, retiredAt: null },
      set: { lastIssued: record.fingerprint },
      otherwise: 'unavailable',
    },
  ];
}

function pairedFields(
  device: DeviceRecord,
  { deviceInfo }: PairDevice,
  now: number,
  certificateExpiresAt: number,
): Partial<DeviceRecord> {
  return {
    status: 'paired',
    hardwareId: deviceInfo.hardwareId,
    model: deviceInfo.model ?? device.model,
    firmware: deviceInfo.firmware ?? device.firmware,
    serial: deviceInfo.serial ?? device.serial,
    pairedAt: now,
    certificateExpiresAt,
  };
}

function reply(context: Context, deviceId: string, issued: Issued): IssuedCertificate {
  return {
    deviceId,
    certificatePem: issued.pem,
    caChainPem: context.tls.authorities.pem,
    expiresAt: issued.notAfter,
    status: 'paired',
  };
}
