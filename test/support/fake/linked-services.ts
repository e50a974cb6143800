import type { EngineApi, LinkedServiceShown } from '../../../actors/api.ts';
import { closedBreaker } from '../../../engine/services/breaker.ts';
import { at, id, nothing } from '../fake-records.ts';
import type { Said } from './said.ts';

const shown: LinkedServiceShown = {
  service: {
    serviceId: id.webhook,
    tenantId: id.tenant,
    productKey: 'payments',
    baseUrl: 'https://pay.example.com',
    authorizePath: '/authorize',
    healthPath: '/health',
    timeoutMs: 3_000,
    failMode: 'deny',
    secret: nothing,
    lastHealthCheckAt: at,
    healthFailures: 0,
    version: 1,
    createdAt: at,
  },
  healthStatus: 'healthy',
  lastHealthCheckAt: at,
  breaker: closedBreaker,
};

export function fakeLinkedServices(said: Said): EngineApi['linkedServices'] {
  return {
    create: said('linkedServices.create', () => ({ shown, secret: 'whsec_x' })),
    list: said('linkedServices.list', () => ({ rows: [shown], total: 1 })),
    update: said('linkedServices.update', () => shown),
    remove: said('linkedServices.remove', () => undefined),
  };
}
