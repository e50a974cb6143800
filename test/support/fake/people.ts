import type { EngineApi, Identity } from '../../../actors/api.ts';
import type { ConsentRecord } from '../../../engine/records.ts';
import { at, erasure, id, palm, user } from '../fake-records.ts';
import type { Said } from './said.ts';

const view = { ...user, palms: [palm] };
const identity: Identity = { type: 'national_id', value: '••••••7890', linkedAt: at };
const consent: ConsentRecord = {
  tenantId: id.tenant,
  userId: id.user,
  consentType: 'biometric',
  consentVersion: '1.0',
  status: 'granted',
  channel: 'web',
  grantedAt: at,
  withdrawnAt: null,
  version: 1,
};

export function fakePeople(said: Said): Pick<EngineApi, 'users' | 'identities' | 'consent' | 'statistics'> {
  return {
    users: {
      create: said('users.create', () => ({ user: { ...user, palms: [] }, created: true })),
      get: said('users.get', () => view),
      list: said('users.list', () => ({ rows: [view], total: 1 })),
      update: said('users.update', () => view),
      setStatus: said('users.setStatus', () => view),
      restrict: said('users.restrict', () => view),
      export: said('users.export', () => ({
        exportedAt: at,
        user: view,
        sections: { identities: [identity], consents: [consent] },
        incomplete: [],
      })),
      remove: said('users.remove', () => erasure),
      erasure: said('users.erasure', () => erasure),
    },
    identities: {
      list: said('identities.list', () => [identity]),
      link: said('identities.link', () => ({ identity, created: true })),
      unlink: said('identities.unlink', () => undefined),
    },
    consent: {
      grant: said('consent.grant', () => consent),
      grantAtDevice: said('consent.grantAtDevice', () => consent),
      status: said('consent.status', () => ({
        userId: id.user,
        status: 'granted' as const,
        consents: [consent],
      })),
      withdraw: said('consent.withdraw', () => ({
        consent: { ...consent, status: 'withdrawn' as const, withdrawnAt: at },
        erasure,
      })),
      records: said('consent.records', () => ({ rows: [consent], total: 1 })),
    },
    statistics: {
      tenant: said('statistics.tenant', () => ({
        totalIdentities: 3,
        activeEnrollments: 2,
        consentOptInRate: 2 / 3,
        authActivity: {
          last24h: 1,
          last7d: 4,
          successRate: 0.75,
          byHour: [{ hour: at, succeeded: 3, failed: 1 }],
        },
        kycPipeline: { not_started: 3, pending: 0, verified: 0, rejected: 0, expired: 0 },
        userStatus: { active: 2, suspended: 1, deleted: 0 },
        devices: { online: 1, total: 2 },
      })),
    },
  };
}
