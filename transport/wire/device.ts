/** Devices, certificates and transactions as every plane shows them. */
import type { IssuedCertificate, TransactionReply } from '../../actors/api.ts';
import type { DeviceRecord } from '../../engine/records.ts';
import {
  boolean,
  constant,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  time,
  uuid,
} from '../http/schema.ts';
import { timestamp, timestampOrNull } from './time.ts';

export const deviceStatusSchema = oneOf('registered', 'paired', 'suspended', 'revoked');
export const deviceClassSchema = oneOf('personal', 'pos', 'gate', 'kiosk');

export const deviceSchema = named(
  'Device',
  object({
    device_id: uuid,
    device_name: string,
    location: string,
    device_class: deviceClassSchema,
    bound_product: nullable(string),
    bound_action: nullable(string),
    hardware_id: nullable(string),
    model: nullable(string),
    firmware: nullable(string),
    serial: nullable(string),
    status: deviceStatusSchema,
    online: optional(boolean),
    paired_at: nullable(time),
    certificate_expires_at: nullable(time),
    last_seen_at: nullable(time),
    created_at: time,
  }),
);

/** @param record with `online` where the caller knows it. */
export function deviceWire(
  record: DeviceRecord & { readonly online?: boolean },
): TypeOf<typeof deviceSchema> {
  return {
    device_id: record.deviceId,
    device_name: record.deviceName,
    location: record.location,
    device_class: record.deviceClass,
    bound_product: record.boundProduct,
    bound_action: record.boundAction,
    hardware_id: record.hardwareId,
    model: record.model,
    firmware: record.firmware,
    serial: record.serial,
    status: record.status,
    ...(record.online === undefined ? {} : { online: record.online }),
    paired_at: timestampOrNull(record.pairedAt),
    certificate_expires_at: timestampOrNull(record.certificateExpiresAt),
    last_seen_at: timestampOrNull(record.lastSeenAt),
    created_at: timestamp(record.createdAt),
  };
}

export const pairSchema = named(
  'DeviceCertificate',
  object({
    device_id: uuid,
    certificate: string,
    ca_chain: string,
    expires_at: time,
    status: deviceStatusSchema,
  }),
);

/** What pairing and renewal answer. */
export function pairWire(issued: IssuedCertificate): TypeOf<typeof pairSchema> {
  return {
    device_id: issued.deviceId,
    certificate: issued.certificatePem,
    ca_chain: issued.caChainPem,
    expires_at: timestamp(issued.expiresAt),
    status: issued.status,
  };
}

export const transactionSchema = named(
  'Decision',
  object({
    decision: oneOf('allow', 'deny', 'not_recognized'),
    display_message: string,
    product_reference: nullable(string),
    status: string,
  }),
);

/** A decision and a text to show, never who the person is (document 000 section 14.4). */
export function transactionWire(reply: TransactionReply): TypeOf<typeof transactionSchema> {
  return {
    decision: reply.decision,
    display_message: reply.displayMessage,
    product_reference: reply.productReference,
    status: reply.status,
  };
}

export const enrolledSchema = named(
  'DeviceEnrolment',
  object({
    palm_enrolled: constant(true),
    feature_ids: list(string),
    consent_status: string,
  }),
);

/** What enrolling at a device without a challenge answers. */
export function enrolledWire(enrolled: {
  readonly featureIds: readonly string[];
  readonly consentStatus: string;
}): TypeOf<typeof enrolledSchema> {
  const { featureIds, consentStatus } = enrolled;
  return { palm_enrolled: true, feature_ids: featureIds, consent_status: consentStatus };
}
