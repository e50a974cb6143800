import type { IdentityProvidersApi, WalletApi } from '../../../actors/api.ts';
import { type WalletCaller, type WalletScope, walletScopes } from '../../../actors/calls.ts';
import { ThenarError } from '../../../engine/errors.ts';
import type { IdentityProviderRecord, WalletDeviceRecord } from '../../../engine/records.ts';
import { client } from '../fake-api.ts';
import { at, id, nothing } from '../fake-records.ts';
import type { Said } from './said.ts';

/** Of the subject that the token `new` names; that of every other is registered. */
function holder(scopes: readonly WalletScope[], userId: string | null = id.user): WalletCaller {
  const issuer = 'https://idp.example/';
  return { kind: 'wallet', tenantId: id.tenant, issuer, subject: 'auth0|1', userId, scopes };
}

/** Tokens are their scope, with a dot for the colon, or `user`, `new`, `none`; `all` is an OAuth client's. */
function callerOf(token: string): ReturnType<typeof holder> | ReturnType<typeof client> {
  switch (token) {
    case 'all':
      return client('all');
    case 'user':
      return holder(walletScopes);
    case 'new':
      return holder(walletScopes, null);
    case 'none':
      return holder([]);
    case 'wallet.read':
    case 'wallet.write':
      return holder([token.replace('.', ':') as WalletScope]);
    default:
      throw new ThenarError('invalid_token', 'The token is not valid.');
  }
}

const device: WalletDeviceRecord = {
  deviceId: id.device,
  tenantId: id.tenant,
  userId: id.user,
  keyPoint: nothing,
  verifyingKey: '04ab',
  deviceName: null,
  registeredAt: at,
};

const provider: IdentityProviderRecord = {
  tenantId: id.tenant,
  issuer: 'https://idp.example/',
  audience: 'https://api.example',
  jwksUrl: 'https://idp.example/.well-known/jwks.json',
  jwks: null,
  readScopes: [],
  writeScopes: [],
  version: 1,
  updatedAt: at,
};

export function fakeWallet(said: Said): {
  readonly wallet: WalletApi;
  readonly identityProviders: IdentityProvidersApi;
} {
  return {
    wallet: {
      authenticateToken: said('wallet.authenticateToken', callerOf),
      registerUser: said('wallet.registerUser', () => ({
        user: {
          tenantId: id.tenant,
          issuer: provider.issuer,
          subject: 'auth0|1',
          userId: id.user,
          createdAt: at,
        },
        created: true,
      })),
      deviceChallenge: said('wallet.deviceChallenge', () => ({ challenge: 'ab', expiresAt: at })),
      registerDevice: said('wallet.registerDevice', () => ({ device, created: true })),
      listDevices: said('wallet.listDevices', () => ({ rows: [device], total: 1 })),
    },
    identityProviders: {
      get: said('identityProviders.get', () => provider),
      set: said('identityProviders.set', () => provider),
      remove: said('identityProviders.remove', () => undefined),
    },
  };
}
