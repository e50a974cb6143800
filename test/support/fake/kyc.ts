import type { KycApi } from '../../../actors/api.ts';
import type { KycSessionRecord } from '../../../engine/records.ts';
import { at, id, user } from '../fake-records.ts';
import type { Said } from './said.ts';

const session: KycSessionRecord = {
  sessionId: id.challenge,
  tenantId: id.tenant,
  userId: id.user,
  provider: 'nafath',
  status: 'pending',
  reference: 'trans-1',
  random: '42',
  redirectUrl: 'https://provider.example/check',
  reason: null,
  createdAt: at,
  startedAt: at,
  expiresAt: at + 900_000,
  completedAt: null,
  version: 2,
};

export function fakeKyc(said: Said): KycApi {
  return {
    initiate: said('kyc.initiate', () => session),
    status: said('kyc.status', () => ({ user, session })),
    sessions: said('kyc.sessions', () => ({ rows: [session], total: 1 })),
    callback: said('kyc.callback', () => ({ ...session, status: 'verified' as const, completedAt: at + 1 })),
  };
}
