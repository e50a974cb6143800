import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { readEndpoint } from '../../engine/outbound/target.ts';
import type { LinkedServiceRecord } from '../../engine/records.ts';
import { newWebhookSecret } from '../../engine/secrets/generate.ts';
import { closedBreaker } from '../../engine/services/breaker.ts';
import { healthStatus } from '../../engine/services/health.ts';
import type { CreateLinkedService, EngineApi, LinkedServiceShown } from '../api.ts';
import type { Context } from '../context.ts';
import {
  type LinkedServiceMessage,
  linkedServiceKey,
  linkedServiceKind,
  linkedServicePlace,
} from '../linked-service/protocol.ts';
import { refreshing } from './refreshing.ts';

/** Linked services of a tenant. Rows are written here, with a version; the actor is told and never writes them. */
export function linkedServiceCommands(context: Context): EngineApi['linkedServices'] {
  const { clock, random, sealer, store, views } = context;

  function find(tenantId: string, serviceId: string): LinkedServiceRecord {
    const found = views.linkedServices.get(tenantId)?.find((service) => service.serviceId === serviceId);
    if (found === undefined) throw notFound();
    return found;
  }

  function tell({ tenantId, serviceId }: LinkedServiceRecord, message: LinkedServiceMessage): void {
    context.directory.tell(linkedServiceKind, linkedServiceKey(tenantId, serviceId), message);
  }

  /** Actors whose services the view had otherwise are told. */
  const committing = refreshing(context, async (tenantId) => {
    const before = views.linkedServices.get(tenantId) ?? [];
    await views.readLinkedServices(tenantId);
    const now = views.linkedServices.get(tenantId) ?? [];
    for (const record of now) tell(record, { type: 'changed', record });
    for (const service of before) {
      if (now.some(({ serviceId }) => serviceId === service.serviceId)) continue;
      views.removeLinkedService(tenantId, service.serviceId);
      tell(service, { type: 'removed' });
    }
  });

  return {
    async create(call, input) {
      const { tenantId } = call;
      const target = checkTarget(context, input);
      if ((views.linkedServices.get(tenantId)?.length ?? 0) >= limits.services_per_tenant_max) {
        throw new ThenarError('limit_reached', 'This tenant has as many linked services as it may have.', {
          details: { limit: limits.services_per_tenant_max },
        });
      }
      const secret = newWebhookSecret(random);
      const serviceId = random.uuid();
      const service: LinkedServiceRecord = {
        serviceId,
        tenantId,
        ...input,
        ...target,
        secret: sealer.of(tenantId).seal(secret.key, linkedServicePlace(serviceId)),
        lastHealthCheckAt: null,
        healthFailures: 0,
        version: 1,
        createdAt: clock.now(),
      };
      await committing(tenantId, () =>
        store.commit({
          tenantId,
          writes: [{ insert: 'linkedServices', row: service, conflict: 'linked_service_taken' }],
          audit: [{ eventType: 'linked_service_created', actor: call.actor, details: auditDetails(service) }],
        }),
      );
      views.setLinkedService(service);
      tell(service, { type: 'watch', spreadMs: 0 });
      return { shown: show(context, service), secret: secret.text };
    },
    async list(call, query) {
      const all = views.linkedServices.get(call.tenantId) ?? [];
      for (const service of all) tell(service, { type: 'watch', spreadMs: 0 });
      const from = (query.page - 1) * query.pageSize;
      const rows = all.slice(from, from + query.pageSize).map((service) => show(context, service));
      return { rows, total: all.length };
    },
    async update(call, serviceId, input) {
      const { tenantId } = call;
      const before = find(tenantId, serviceId);
      const changed = { ...before, ...input };
      const next = { ...changed, ...checkTarget(context, changed), version: before.version + 1 };
      const { productKey, baseUrl, authorizePath, healthPath, timeoutMs, failMode, version } = next;
      await committing(tenantId, () =>
        store.commit({
          tenantId,
          writes: [
            {
              update: 'linkedServices',
              where: { tenantId, serviceId, version: before.version },
              set: { productKey, baseUrl, authorizePath, healthPath, timeoutMs, failMode, version },
              otherwise: 'version_conflict',
            },
          ],
          audit: [{ eventType: 'linked_service_updated', actor: call.actor, details: auditDetails(next) }],
        }),
      );
      // It may have been removed while this was committed; that comes last then.
      if (views.linkedServices.get(tenantId)?.some((service) => service.serviceId === serviceId) === true) {
        views.setLinkedService(next);
      }
      tell(next, { type: 'changed', record: next });
      return show(context, next);
    },
    async remove(call, serviceId) {
      const { tenantId } = call;
      const service = find(tenantId, serviceId);
      await committing(tenantId, () =>
        store.commit({
          tenantId,
          writes: [
            {
              delete: 'linkedServices',
              where: { tenantId, serviceId },
              otherwise: 'linked_service_not_found',
            },
          ],
          audit: [{ eventType: 'linked_service_deleted', actor: call.actor, details: auditDetails(service) }],
        }),
      );
      views.removeLinkedService(tenantId, serviceId);
      tell(service, { type: 'removed' });
    },
  };
}

/** Health as its actor last published it; of one that has not been in memory yet, as its row has it. */
function show(context: Context, service: LinkedServiceRecord): LinkedServiceShown {
  const live = context.views.serviceHealth.get(service.serviceId);
  const breaker = live?.breaker ?? closedBreaker;
  const health = live?.health ?? {
    lastCheckAt: service.lastHealthCheckAt,
    failures: service.healthFailures,
    answered: false,
  };
  return {
    service,
    healthStatus: healthStatus(health, breaker),
    lastHealthCheckAt: health.lastCheckAt,
    breaker,
  };
}

/**
 * Judged like a webhook's endpoint, here and again at every connection.
 * @throws ThenarError linked_service_target_refused
 */
function checkTarget(
  context: Context,
  {
    baseUrl,
    authorizePath,
    healthPath,
  }: Pick<CreateLinkedService, 'baseUrl' | 'authorizePath' | 'healthPath'>,
): Pick<CreateLinkedService, 'baseUrl'> {
  const base = baseUrl.replace(/\/+$/, '');
  try {
    const url = readEndpoint(base, context.config.webhookAllowPrivate);
    if (url.search !== '') throw refused('The base_url must not have a query.');
    for (const path of [authorizePath, healthPath ?? '/']) {
      readEndpoint(`${base}${path}`, context.config.webhookAllowPrivate);
    }
  } catch (error) {
    if (!isThenarError(error, 'webhook_endpoint_refused')) throw error;
    throw refused(error.message.replace(/^The endpoint/, 'The address'));
  }
  return { baseUrl: base };
}

function auditDetails(service: LinkedServiceRecord): Readonly<Record<string, string | number | null>> {
  return {
    linked_service_id: service.serviceId,
    product_key: service.productKey,
    base_url: service.baseUrl,
    authorize_path: service.authorizePath,
    health_path: service.healthPath,
    timeout_ms: service.timeoutMs,
    fail_mode: service.failMode,
  };
}

function refused(message: string): ThenarError {
  return new ThenarError('linked_service_target_refused', message);
}

function notFound(): ThenarError {
  return new ThenarError('linked_service_not_found', 'There is no such linked service.');
}
