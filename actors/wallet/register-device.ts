/** A new phone: its key, proven by a signature over a challenge, and its user, proven by a face where there is one. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { WalletDeviceRecord } from '../../engine/records.ts';
import { signedBytes, verifyDeviceSignature } from '../../engine/wallet/device_signature.ts';
import { readVerifyingKey } from '../../engine/wallet/verifying_key.ts';
import type { RegisteredWalletDevice, RegisterWalletDevice } from '../api.ts';
import type { UserCall } from '../calls.ts';
import { hasFace, verifyFace } from '../commands/wallet_face.ts';
import type { Context } from '../context.ts';
import {
  type DeviceChallengeMessage,
  deviceChallengeKey,
  deviceChallengeKind,
} from './challenge/protocol.ts';
import { walletTransaction } from './history.ts';

/**
 * What costs least is asked first, and the face last: only who has the key and an open challenge gets to show one. The
 * challenge is spent after the face, so that a poor capture does not cost it, and before the commit, so that of two
 * requests with one challenge only one goes on.
 */
export async function registerDevice(
  context: Context,
  call: UserCall,
  input: RegisterWalletDevice,
): Promise<RegisteredWalletDevice> {
  const { tenantId, userId } = call;
  const { body, challenge, face, signature, verifyingKey } = input;
  const key = readVerifyingKey(verifyingKey);
  const challengeKey = deviceChallengeKey(tenantId, userId, key.point);
  const settle = (type: 'check' | 'spend'): Promise<void> =>
    context.directory.ask<DeviceChallengeMessage, void>(
      deviceChallengeKind,
      challengeKey,
      call.deadline,
      (reply) => ({ type, challenge, reply }),
    );
  await settle('check');
  verifyDeviceSignature(key, signedBytes(body), signature);
  const known = await find(context, tenantId, key.point);
  if (known === null) await assertRoom(context, tenantId, userId);
  else if (known.userId !== userId) throw taken();
  if (await hasFace(context, tenantId, userId)) {
    if (face === null) throw new ThenarError('face_required', 'This user has a face, which must be shown.');
    await verifyFace(context, call, userId, face, 'device_registration');
  }
  await settle('spend');
  if (known !== null) return { device: known, created: false };
  return insert(context, call, { verifyingKey, keyPoint: key.point, deviceName: input.deviceName });
}

async function insert(
  context: Context,
  call: UserCall,
  facts: Pick<WalletDeviceRecord, 'verifyingKey' | 'keyPoint' | 'deviceName'>,
): Promise<RegisteredWalletDevice> {
  const { store, random, clock } = context;
  const { tenantId, userId, actor } = call;
  const device = { deviceId: random.uuid(), tenantId, userId, ...facts, registeredAt: clock.now() };
  const details = { device_id: device.deviceId };
  try {
    await store.commit({
      tenantId,
      writes: [
        { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
        { insert: 'walletDevices', row: device, conflict: 'verifying_key_taken' },
        walletTransaction(context, { tenantId, userId, type: 'device_registration', details }),
      ],
      audit: [{ eventType: 'wallet_device_registered', actor, userId, details }],
    });
    return { device, created: true };
  } catch (error) {
    if (!isThenarError(error, 'verifying_key_taken')) throw error;
    const first = await find(context, tenantId, facts.keyPoint);
    if (first?.userId !== userId) throw taken();
    return { device: first, created: false };
  }
}

function find(context: Context, tenantId: string, keyPoint: Uint8Array): Promise<WalletDeviceRecord | null> {
  return context.store.get('walletDevices', { tenantId, keyPoint });
}

async function assertRoom({ store }: Context, tenantId: string, userId: string): Promise<void> {
  if ((await store.count('walletDevices', { tenantId, userId })) < limits.wallet_devices_per_user_max) return;
  throw new ThenarError('limit_reached', 'This user has as many devices as one may have.', {
    details: { limit: limits.wallet_devices_per_user_max },
  });
}

function taken(): ThenarError {
  return new ThenarError('verifying_key_taken', 'This key is registered to another user.');
}
