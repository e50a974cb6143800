import type { WalletFaceApi, WalletKeysApi } from '../../../actors/api.ts';
import type { WalletKeyRecord, WalletTransactionRecord } from '../../../engine/records.ts';
import { at, id } from '../fake-records.ts';
import type { Said } from './said.ts';

const described = { keyId: 'key-1', algorithm: 'ecdsa', publicKey: '02ab', threshold: 2 };

const key: WalletKeyRecord = {
  ...described,
  tenantId: id.tenant,
  userId: id.user,
  version: 1,
  createdAt: at,
  updatedAt: at,
};

const transaction: WalletTransactionRecord = {
  transactionId: id.challenge,
  tenantId: id.tenant,
  userId: id.user,
  type: 'backup',
  status: 'completed',
  details: { key_ids: ['key-1'] },
  createdAt: at,
};

export function fakeWalletFace(said: Said): {
  readonly walletFace: WalletFaceApi;
  readonly walletKeys: WalletKeysApi;
} {
  return {
    walletFace: {
      register: said('walletFace.register', () => at),
      status: said('walletFace.status', () => ({
        registered: true,
        registeredAt: at,
        lockedUntil: at + 60_000,
      })),
      session: said('walletFace.session', () => ({ vendor: 'facetec', sessionToken: 'token' })),
    },
    walletKeys: {
      backup: said('walletKeys.backup', () => [{ keyId: 'key-1', version: 1, storedAt: at }]),
      recover: said('walletKeys.recover', () => [
        { ...described, party: 1, version: 1, ciphertext: 'c2hhcmU' },
      ]),
      list: said('walletKeys.list', () => ({ rows: [key], total: 1 })),
      transactions: said('walletKeys.transactions', () => ({ rows: [transaction], total: 1 })),
    },
  };
}
