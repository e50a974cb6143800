/** Users and erasure receipts as every plane shows them. */
import type { UserView } from '../../actors/api.ts';
import type { ErasureRecord } from '../../engine/records.ts';
import {
  boolean,
  freeform,
  integer,
  list,
  named,
  nullable,
  object,
  oneOf,
  string,
  type TypeOf,
  time,
  uuid,
} from '../http/schema.ts';
import { timestamp, timestampOrNull } from './time.ts';

export const userStatusSchema = oneOf('active', 'suspended', 'deleted');
export const consentStatusSchema = oneOf('none', 'granted', 'withdrawn');
export const kycStatusSchema = oneOf('not_started', 'pending', 'verified', 'rejected', 'expired');
export const restrictionSchema = oneOf('all', 'left', 'right', 'disable');

export const userSchema = named(
  'User',
  object({
    user_id: uuid,
    external_user_id: nullable(string),
    status: userStatusSchema,
    palm_enrolled: boolean,
    palms: list(
      object({
        feature_id: string,
        palm_type: oneOf('left', 'right'),
        model: string,
        samples: integer(),
        created_at: time,
      }),
    ),
    palm_restriction: restrictionSchema,
    consent_status: consentStatusSchema,
    kyc_status: kycStatusSchema,
    email: nullable(string),
    mobile: nullable(string),
    name: nullable(string),
    metadata: freeform,
    created_at: time,
  }),
);

export function userWire(user: UserView): TypeOf<typeof userSchema> {
  return {
    user_id: user.userId,
    external_user_id: user.externalUserId,
    status: user.status,
    palm_enrolled: user.palms.length > 0,
    palms: user.palms.map((palm) => ({
      feature_id: palm.palmId,
      palm_type: palm.hand,
      model: palm.model,
      samples: palm.samples,
      created_at: timestamp(palm.createdAt),
    })),
    palm_restriction: user.palmRestriction,
    consent_status: user.consentStatus,
    kyc_status: user.kycStatus,
    email: user.email,
    mobile: user.mobile,
    name: user.name,
    metadata: user.metadata,
    created_at: timestamp(user.createdAt),
  };
}

export const erasureSchema = named(
  'Erasure',
  object({
    erasure_id: uuid,
    user_id: uuid,
    feature_ids: list(string),
    status: oneOf('pending', 'complete'),
    requested_at: time,
    completed_at: nullable(time),
  }),
);

export function erasureWire(erasure: ErasureRecord): TypeOf<typeof erasureSchema> {
  return {
    erasure_id: erasure.erasureId,
    user_id: erasure.userId,
    feature_ids: erasure.palmIds,
    status: erasure.status,
    requested_at: timestamp(erasure.requestedAt),
    completed_at: timestampOrNull(erasure.completedAt),
  };
}
