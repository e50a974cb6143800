/** Encrypted shares of MPC keys. What a share holds is nobody's business but the client's. */
import type { BackedUpShare, RecoveredShare } from '../../../../actors/api.ts';
import { limits } from '../../../../engine/limits.ts';
import type { WalletKeyRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  defined,
  integer,
  list,
  named,
  object,
  oneOf,
  optional,
  type Required,
  type TypeOf,
  text,
  time,
} from '../../../http/schema.ts';
import { faceFields, faceOf } from '../../../wire/face.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { timestamp } from '../../../wire/time.ts';
import { faceRefusals } from './face.ts';

const keyId = text({ max: limits.wallet_key_id_length_max, example: 'key-1' });

/** A number or a name, as the client's protocol has it; given back as it was. */
const party: Required<string | number> = {
  optional: false,
  json: {
    type: ['integer', 'string'],
    minimum: 0,
    maximum: 65_535,
    minLength: 1,
    maxLength: 64,
    description: 'Whose share it is: a number or a name.',
    examples: [1],
  },
};

const described = {
  key_id: keyId,
  algorithm: text({ max: limits.wallet_algorithm_length_max, example: 'ecdsa-secp256k1-cggmp' }),
  public_key: text({
    max: limits.wallet_public_key_length_max,
    example: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  }),
  threshold: integer({ min: 1, max: 255 }),
};

const shareFields = {
  ...described,
  party,
  ciphertext: text({
    max: limits.key_share_length_max,
    description: 'What the client encrypted: a text in any notation, given back as it was.',
    example: 'eyJlbmMiOiJBMjU2R0NNIn0',
  }),
};

const backupSchema = named('KeyShare', object(shareFields));
const recoveredSchema = named('RecoveredKeyShare', object({ ...shareFields, version: integer() }));
const keySchema = named(
  'WalletKey',
  object({ ...described, version: integer(), created_at: time, updated_at: time }),
);

function shareOf(share: TypeOf<typeof backupSchema>): BackedUpShare {
  const { key_id: keyId, algorithm, public_key: publicKey, threshold, party, ciphertext } = share;
  return { keyId, algorithm, publicKey, threshold, party, ciphertext };
}

function recoveredWire(share: RecoveredShare): TypeOf<typeof recoveredSchema> {
  const { keyId, version, algorithm, publicKey, threshold, party, ciphertext } = share;
  return { key_id: keyId, version, algorithm, public_key: publicKey, threshold, party, ciphertext };
}

function keyWire(key: WalletKeyRecord): TypeOf<typeof keySchema> {
  return {
    key_id: key.keyId,
    algorithm: key.algorithm,
    public_key: key.publicKey,
    threshold: key.threshold,
    version: key.version,
    created_at: timestamp(key.createdAt),
    updated_at: timestamp(key.updatedAt),
  };
}

export const walletKeyRoutes = [
  route({
    method: 'GET',
    path: '/v2/keys',
    operation: 'listWalletKeys',
    summary: 'Keys of the user whose shares are backed up, the newest first.',
    auth: 'wallet',
    scope: 'wallet:read',
    envelope: 'list',
    query: object(pageFields),
    reply: object({ keys: list(keySchema) }),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      const { data, pagination } = pageAnswer(await api.walletKeys.list(call, page), page, keyWire);
      return { data: { keys: data }, pagination };
    },
  }),
  route({
    method: 'POST',
    path: '/v2/keyshare/backup',
    operation: 'backUpKeyShares',
    summary: 'Store encrypted key shares, all or none; the same bytes again change nothing.',
    auth: 'wallet',
    scope: 'wallet:write',
    status: 201,
    body: object({ keyshares: list(backupSchema, { min: 1, max: limits.key_shares_per_backup_max }) }),
    bodyBytesMax: limits.scan_body_bytes_max,
    reply: object({ keyshares: list(object({ key_id: keyId, version: integer(), stored_at: time })) }),
    errors: ['key_share_conflict', 'limit_reached', 'user_suspended', 'version_conflict'],
    handle: async ({ api, call, body }) => {
      const stored = await api.walletKeys.backup(call, body.keyshares.map(shareOf));
      const keyshares = stored.map(({ keyId, version, storedAt }) => ({
        key_id: keyId,
        version,
        stored_at: timestamp(storedAt),
      }));
      return { data: { keyshares } };
    },
  }),
  route({
    method: 'POST',
    path: '/v2/keyshare/recover',
    operation: 'recoverKeyShares',
    summary: 'Fetch encrypted key shares: with the face, always.',
    auth: 'wallet',
    scope: 'wallet:write',
    body: object({
      key_ids: optional(list(keyId, { min: 1, max: limits.wallet_keys_per_user_max })),
      versions: optional(oneOf('latest', 'all')),
      ...faceFields,
    }),
    bodyBytesMax: limits.scan_body_bytes_max,
    reply: object({ keyshares: list(recoveredSchema) }),
    errors: [...faceRefusals, 'key_share_not_found', 'rate_limited'],
    handle: async ({ api, call, body }) => {
      const { key_ids: keyIds, versions } = body;
      const input = { ...defined({ keyIds, versions }), face: faceOf(body) };
      return { data: { keyshares: (await api.walletKeys.recover(call, input)).map(recoveredWire) } };
    },
  }),
];
