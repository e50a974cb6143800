/** Product backends that decide what scanners bound to their product ask (document 000 section 14.1). */
import type { LinkedServiceShown } from '../../../../actors/api.ts';
import { limits } from '../../../../engine/limits.ts';
import { route } from '../../../http/route.ts';
import {
  constant,
  defined,
  integer,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { timestamp, timestampOrNull } from '../../../wire/time.ts';
import { administrators, readers } from '../roles.ts';

const productKey = text({ max: 255, description: 'What bound_product of a device names' });
const baseUrl = text({ max: 2_048, format: 'uri', pattern: '^https?://' });
const path = text({ max: limits.service_path_length_max, pattern: '^/[\\x21-\\x22\\x24-\\x7e]*$' });
const timeoutMs = integer({ min: limits.service_timeout_ms_min, max: limits.service_timeout_ms_max });
const failMode = oneOf('deny', 'allow');

const serviceFields = {
  linked_service_id: uuid,
  product_key: string,
  base_url: string,
  authorize_path: string,
  health_path: nullable(string),
  timeout_ms: integer(),
  fail_mode: failMode,
  health_status: oneOf('unknown', 'healthy', 'degraded', 'unhealthy'),
  last_health_check_at: nullable(time),
  breaker: object({
    state: oneOf('closed', 'open', 'half_open'),
    failures: optional(integer()),
    opened_at: optional(time),
    retry_at: optional(time),
  }),
  created_at: time,
};
const serviceSchema = named('LinkedService', object(serviceFields));

function serviceWire(shown: LinkedServiceShown): TypeOf<typeof serviceSchema> {
  const { service } = shown;
  return {
    linked_service_id: service.serviceId,
    product_key: service.productKey,
    base_url: service.baseUrl,
    authorize_path: service.authorizePath,
    health_path: service.healthPath,
    timeout_ms: service.timeoutMs,
    fail_mode: service.failMode,
    health_status: shown.healthStatus,
    last_health_check_at: timestampOrNull(shown.lastHealthCheckAt),
    breaker: breakerWire(shown.breaker),
    created_at: timestamp(service.createdAt),
  };
}

function breakerWire(breaker: LinkedServiceShown['breaker']): TypeOf<typeof serviceSchema>['breaker'] {
  switch (breaker.state) {
    case 'closed':
      return { state: 'closed', failures: breaker.failures };
    case 'open':
      return {
        state: 'open',
        opened_at: timestamp(breaker.openedAt),
        retry_at: timestamp(breaker.retryAt),
      };
    case 'half_open':
      return { state: 'half_open', opened_at: timestamp(breaker.openedAt) };
  }
}

export const linkedServiceRoutes = [
  route({
    method: 'POST',
    path: '/v1/linked-services',
    operation: 'createLinkedService',
    summary: 'Register a product backend for what scanners ask; its signing secret is shown once.',
    auth: 'session',
    roles: administrators,
    status: 201,
    body: object({
      product_key: productKey,
      base_url: baseUrl,
      authorize_path: optional(path),
      health_path: optional(nullable(path)),
      timeout_ms: optional(timeoutMs),
      fail_mode: optional(failMode),
    }),
    reply: object({ ...serviceFields, secret: string }),
    errors: ['linked_service_taken', 'linked_service_target_refused', 'limit_reached'],
    handle: async ({ api, call, body }) => {
      const { shown, secret } = await api.linkedServices.create(call, {
        productKey: body.product_key,
        baseUrl: body.base_url,
        authorizePath: body.authorize_path ?? '/authorize',
        healthPath: body.health_path ?? null,
        timeoutMs: body.timeout_ms ?? limits.service_timeout_ms,
        failMode: body.fail_mode ?? 'deny',
      });
      return {
        data: { ...serviceWire(shown), secret },
        message: 'Keep the signing secret now; it is not shown again.',
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/linked-services',
    operation: 'listLinkedServices',
    summary: 'Linked services of the tenant, and how each is.',
    auth: 'session',
    roles: readers,
    envelope: 'list',
    query: object(pageFields),
    reply: list(serviceSchema),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      return pageAnswer(await api.linkedServices.list(call, page), page, serviceWire);
    },
  }),
  route({
    method: 'PATCH',
    path: '/v1/linked-services/{id}',
    operation: 'updateLinkedService',
    summary: 'Change a linked service; any subset.',
    auth: 'session',
    roles: administrators,
    params: { id: 'linked_service_not_found' },
    body: object({
      product_key: optional(productKey),
      base_url: optional(baseUrl),
      authorize_path: optional(path),
      health_path: optional(nullable(path)),
      timeout_ms: optional(timeoutMs),
      fail_mode: optional(failMode),
    }),
    reply: serviceSchema,
    errors: ['linked_service_taken', 'linked_service_target_refused'],
    handle: async ({ api, call, params, body }) => {
      const input = defined({
        productKey: body.product_key,
        baseUrl: body.base_url,
        authorizePath: body.authorize_path,
        healthPath: body.health_path,
        timeoutMs: body.timeout_ms,
        failMode: body.fail_mode,
      });
      return { data: serviceWire(await api.linkedServices.update(call, params.id ?? '', input)) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/linked-services/{id}',
    operation: 'deleteLinkedService',
    summary: 'Remove a linked service; devices bound to its product are denied from now on.',
    auth: 'session',
    roles: administrators,
    params: { id: 'linked_service_not_found' },
    reply: object({ linked_service_id: uuid, deleted: constant(true) }),
    handle: async ({ api, call, params }) => {
      const serviceId = params.id ?? '';
      await api.linkedServices.remove(call, serviceId);
      return { data: { linked_service_id: serviceId, deleted: true } };
    },
  }),
];
