/**
 * An EngineApi in memory, with plain answers of the right shape, so that transport is tested without an engine.
 * It records every call; a test may replace any function to make it fail.
 */
import type { EngineApi } from '../../actors/api.ts';
import { type ClientCaller, type ConsoleCaller, scopes, type UserCaller } from '../../actors/calls.ts';
import { Counters } from '../../actors/kernel/context.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { ConsoleRole } from '../../engine/records.ts';
import { clientRecord, fakeAccounts } from './fake/accounts.ts';
import { fakeAudit } from './fake/audit.ts';
import { fakeKyc } from './fake/kyc.ts';
import { fakeLinkedServices } from './fake/linked-services.ts';
import { fakePalmAdmin } from './fake/palm-admin.ts';
import { fakePeople } from './fake/people.ts';
import type { Said } from './fake/said.ts';
import { fakeTenants } from './fake/tenants.ts';
import { fakeTls } from './fake/tls.ts';
import { fakeWallet } from './fake/wallet.ts';
import { fakeWalletFace } from './fake/wallet-face.ts';
import { fakeWebhooks } from './fake/webhooks.ts';
import {
  actorInfo,
  at,
  challenge,
  completed,
  device,
  fingerprint,
  id,
  issued,
  nothing,
  shard,
} from './fake-records.ts';

/** Tokens are their scopes: `all`, `none`, or one scope with a dot for the colon; cookies are the role of the person. */
export function client(scope: string): ClientCaller {
  const held = scope === 'all' ? scopes : scope === 'none' ? [] : [scope.replace('.', ':')];
  return { kind: 'client', tenantId: id.tenant, clientId: id.client, scopes: held };
}

/** Of the token `user`. */
export const endUser: UserCaller = {
  kind: 'user',
  tenantId: id.tenant,
  userId: id.user,
  clientId: id.client,
  sessionId: id.erasure,
};

export function person(role: ConsoleRole): ConsoleCaller {
  const tenantId = role === 'platform_admin' ? null : id.tenant;
  return {
    kind: 'console',
    consoleUserId: id.person,
    role,
    tenantId,
    csrfHash: nothing,
    sessionHash: nothing,
  };
}

const roles: readonly string[] = ['platform_admin', 'tenant_admin', 'operator', 'viewer'];

export interface FakeApi {
  readonly api: EngineApi;
  /** Names and arguments of the calls made, oldest first. */
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[];
}

export function fakeApi(): FakeApi {
  const calls: FakeApi['calls'] = [];
  const said =
    <A extends readonly unknown[], R>(name: string, answer: (...args: A) => R) =>
    (...args: A): Promise<R> => {
      calls.push({ name, args });
      return Promise.resolve().then(() => answer(...args));
    };
  const api = buildApi(said);
  return { api, calls };
}

function buildApi(said: Said): EngineApi {
  return {
    auth: {
      issueToken: said('issueToken', (_call, input: { clientSecret: string }) => {
        if (input.clientSecret === 'wrong') throw new ThenarError('invalid_client', 'Invalid client.');
        return { accessToken: 'all', expiresInS: 3_600, scopes };
      }),
      authenticateToken: said('authenticateToken', (token: string) => {
        if (token === 'bad') throw new ThenarError('invalid_token', 'The token is not valid.');
        return token === 'user' ? endUser : client(token);
      }),
      issuer: () => ({ issuer: 'urn:thenar:test', publicUrl: 'https://thenar.example' }),
      jwks: () => ({ keys: [{ kty: 'RSA', kid: '1', n: 'x', e: 'AQAB' }] }),
      login: said('login', () => ({
        cookie: 'tenant_admin',
        csrfToken: 'csrf',
        role: 'tenant_admin' as const,
        tenantId: id.tenant,
        expiresInS: 3_600,
      })),
      logout: said('logout', () => undefined),
      authenticateSession: said('authenticateSession', (cookie: string) => {
        if (!roles.includes(cookie)) throw new ThenarError('unauthenticated', 'The session is over.');
        return person(cookie as ConsoleRole);
      }),
      checkCsrf: (_caller, token) => token === 'csrf',
      me: said('me', (caller: ConsoleCaller) => ({
        consoleUserId: id.person,
        email: 'a@example.com',
        name: null,
        role: caller.role,
        tenantId: caller.tenantId,
      })),
      authenticateDevice: (shown) =>
        shown === fingerprint
          ? { ok: true, tenantId: id.tenant, deviceId: id.device }
          : { ok: false, code: 'device_certificate_revoked' },
    },
    audit: fakeAudit(said),
    tenants: fakeTenants(said),
    clients: {
      create: said('clients.create', (_call, { name }: { name: string }) => ({
        clientId: id.client,
        clientSecret: 's',
        name,
        scopes,
      })),
      list: said('clients.list', () => ({ rows: [clientRecord], total: 1 })),
      remove: said('clients.remove', () => undefined),
      regenerate: said('clients.regenerate', () => ({ client: clientRecord, clientSecret: 's' })),
    },
    ...fakePeople(said),
    ...fakeAccounts(said),
    devices: {
      register: said('devices.register', () => ({ device, pairingCode: 'mdxglt2xg', expiresInS: 1_800 })),
      list: said('devices.list', () => ({ rows: [{ ...device, online: true }], total: 1 })),
      get: said('devices.get', () => ({ ...device, online: true })),
      update: said('devices.update', () => device),
      revoke: said('devices.revoke', () => undefined),
      suspend: said('devices.suspend', () => ({ ...device, status: 'suspended' as const })),
      reactivate: said('devices.reactivate', () => device),
      renewPairingCode: said('devices.renewPairingCode', () => ({
        pairingCode: 'mdxglt2xg',
        expiresInS: 1_800,
      })),
      pair: said('devices.pair', () => issued),
      renew: said('devices.renew', () => issued),
      report: said('devices.report', () => undefined),
      crl: said('devices.crl', () => new Uint8Array([0x30, 0])),
      ocsp: said('devices.ocsp', () => ({ der: new Uint8Array([0x30, 0]), maxAgeS: 60 })),
      caPem: () => '-----BEGIN CERTIFICATE-----\n',
    },
    challenges: {
      enrol: said('challenges.enrol', () => ({
        ...challenge,
        type: 'enroll' as const,
        palmType: 'both' as const,
      })),
      verify: said('challenges.verify', () => challenge),
      get: said('challenges.get', () => completed),
      list: said('challenges.list', () => ({ rows: [challenge, completed], total: 2 })),
      pending: said('challenges.pending', () => [challenge]),
      accept: said('challenges.accept', () => challenge),
      reject: said('challenges.reject', () => challenge),
      complete: said('challenges.complete', () => completed),
    },
    changes: { watch: () => () => () => undefined },
    transactions: {
      create: said('transactions.create', () => ({
        decision: 'allow' as const,
        displayMessage: 'Approved',
        productReference: null,
        status: 'completed' as const,
      })),
    },
    palms: { enrol: said('palms.enrol', () => ({ featureIds: [id.palm], consentStatus: 'none' })) },
    palmAdmin: fakePalmAdmin(said),
    linkedServices: fakeLinkedServices(said),
    webhooks: fakeWebhooks(said),
    kyc: fakeKyc(said),
    ...fakeWallet(said),
    ...fakeWalletFace(said),
    sessions: {
      open: () => Promise.reject(new ThenarError('unavailable', 'No sockets here.')),
      callsPerSecond: () => limits.scanner_calls_per_s,
      acknowledge: () => undefined,
      closed: () => undefined,
      closeAll: () => undefined,
      connections: () => [{ tenantId: id.tenant, deviceId: id.device, since: at }],
    },
    tls: fakeTls(said),
    ops: {
      actors: async () => [actorInfo],
      tenantName: (tenantId) => (tenantId === id.tenant ? 'Acme' : null),
      actor: (kind, key) =>
        kind === 'device' && key === id.device
          ? {
              ...actorInfo,
              phase: 'live',
              effects: 0,
              waiting: 0,
              mailbox: [],
              description: { a: 1 },
              transitions: [],
            }
          : null,
      operate: said('ops.operate', () => true),
      deadLetters: () => ({ total: 0, recent: [] }),
      counts: () => ({ actors: 1 }),
      survey: said('ops.survey', () => ({
        kernel: {
          kinds: [],
          counters: new Counters(),
          deadLetters: { stopped: 0, mailbox_full: 0, activation_failed: 0, backing_off: 0 },
        },
        workers: [{ queued: 0, waitedMs: 0, running: 1, restarts: 0, busyMs: 1_500 }],
        breakers: { closed: 1, open: 0, half_open: 0 },
      })),
      start: () => [{ name: 'storage', from: 1, to: 2.5 }],
      shards: said('ops.shards', () => [shard]),
      verifyAudit: async function* () {
        yield { report: { tenantId: id.tenant, records: 1, checkpoints: 1, ok: true as const } };
      },
      outbox: said('ops.outbox', () => []),
      dependencies: said('ops.dependencies', () => ({
        database: 'ok',
        snapshots: 'ok',
        unsavedShards: 0,
        clockBehindMs: 0,
      })),
      readiness: said('ops.readiness', () => ({
        ready: true,
        checks: { postgres: { ok: true, required: true } },
      })),
    },
  };
}
