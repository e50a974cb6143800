import type { WalletFaceApi } from '../../../actors/api.ts';
import { at } from '../fake-records.ts';
import type { Said } from './said.ts';

export function fakeWalletFace(said: Said): WalletFaceApi {
  return {
    register: said('walletFace.register', () => at),
    status: said('walletFace.status', () => ({
      registered: true,
      registeredAt: at,
      lockedUntil: at + 60_000,
    })),
    session: said('walletFace.session', () => ({ vendor: 'facetec', sessionToken: 'token' })),
  };
}
