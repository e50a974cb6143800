import type { EngineApi, UserTokens } from '../../../actors/api.ts';
import type { ClientRecord, ConsoleUserRecord } from '../../../engine/records.ts';
import { at, id, nothing } from '../fake-records.ts';
import type { Said } from './said.ts';

const tokens: UserTokens = { accessToken: 'user', expiresInS: 3_600, refreshToken: 'rt_x', userId: id.user };

const person: ConsoleUserRecord = {
  consoleUserId: id.person,
  tenantId: id.tenant,
  email: 'a@example.com',
  name: null,
  role: 'viewer',
  passwordHash: '',
  status: 'active',
  version: 1,
  createdAt: at,
};

export const clientRecord: ClientRecord = {
  clientId: id.client,
  tenantId: id.tenant,
  name: 'Till',
  secretHash: nothing,
  scopes: ['users:read'],
  status: 'active',
  version: 1,
  createdAt: at,
  deletedAt: null,
};

type Part = Pick<EngineApi, 'accounts' | 'consoleUsers' | 'signup' | 'keys' | 'smsConfig'>;

export function fakeAccounts(said: Said): Part {
  return {
    accounts: {
      signInByPassword: said('accounts.signInByPassword', () => tokens),
      signInByCode: said('accounts.signInByCode', () => tokens),
      refresh: said('accounts.refresh', () => tokens),
      register: said('accounts.register', () => undefined),
      verifyEmail: said('accounts.verifyEmail', () => ({ email: 'a@example.com' })),
      sendCode: said('accounts.sendCode', () => ({ expiresInS: 300 })),
      requestPasswordReset: said('accounts.requestPasswordReset', () => undefined),
      resetPassword: said('accounts.resetPassword', () => undefined),
      changePassword: said('accounts.changePassword', () => undefined),
      revoke: said('accounts.revoke', () => undefined),
      introspect: said('accounts.introspect', () => ({
        kind: 'client' as const,
        subject: id.client,
        clientId: id.client,
        tenantId: id.tenant,
        scopes: ['users:read'],
        issuedAt: at,
        expiresAt: at,
        jti: 'j',
      })),
    },
    consoleUsers: {
      list: said('consoleUsers.list', () => ({ rows: [person], total: 1 })),
      invite: said('consoleUsers.invite', () => person),
      change: said('consoleUsers.change', () => person),
      remove: said('consoleUsers.remove', () => undefined),
      changePassword: said('consoleUsers.changePassword', () => undefined),
    },
    signup: {
      start: said('signup.start', () => ({ challengeId: id.challenge, expiresAt: at })),
      verify: said('signup.verify', () => ({ userId: id.user, isNewUser: true, palmEnrolled: false })),
    },
    keys: { rotate: said('keys.rotate', () => ({ kid: 'k', signsFrom: at })) },
    smsConfig: { update: said('smsConfig.update', () => ({ provider: 'unifonic', senderId: null })) },
  };
}
