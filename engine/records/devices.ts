import type { JsonObject } from './common.ts';

export type DeviceStatus = 'registered' | 'paired' | 'suspended' | 'revoked';

export type DeviceClass = 'personal' | 'pos' | 'gate' | 'kiosk';

export interface DeviceRecord {
  readonly deviceId: string;
  readonly tenantId: string;
  readonly deviceName: string;
  readonly location: string;
  readonly deviceClass: DeviceClass;
  readonly boundProduct: string | null;
  readonly boundAction: string | null;
  /** Assigned by the scanner when it pairs. */
  readonly hardwareId: string | null;
  readonly model: string | null;
  readonly firmware: string | null;
  readonly serial: string | null;
  readonly status: DeviceStatus;
  readonly pairedAt: number | null;
  readonly certificateExpiresAt: number | null;
  readonly lastSeenAt: number | null;
  /** Sequence of the last push, see {@link DeviceOutboxRecord}. */
  readonly seq: number;
  readonly version: number;
  readonly createdAt: number;
}

export interface PairingCodeRecord {
  readonly codeHash: Uint8Array;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

export interface CertificateAuthorityRecord {
  readonly generation: number;
  readonly certificatePem: string;
  /** Sealed PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  readonly createdAt: number;
  readonly retiredAt: number | null;
  /** Fingerprint of the device certificate it issued last: a CA is retired on condition that this did not change. */
  readonly lastIssued: string | null;
}

export interface CertificateRecord {
  /** Lower-case hex SHA-256 of the DER certificate. */
  readonly fingerprint: string;
  /** Lower-case hex serial number. */
  readonly serial: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly generation: number;
  readonly notBefore: number;
  readonly notAfter: number;
  /** From this moment the certificate is refused; null while it stands. */
  readonly deniedAt: number | null;
  readonly denyReason: 'revoked' | 'superseded' | null;
}

export interface DeviceOutboxRecord {
  readonly deviceId: string;
  readonly seq: number;
  readonly tenantId: string;
  readonly method: string;
  readonly params: JsonObject;
  readonly createdAt: number;
}
