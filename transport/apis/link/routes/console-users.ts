/** People of the console: a tenant's own, the platform's administrators, and one's own password. */
import type { ConsoleUserRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
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
import { timestamp } from '../../../wire/time.ts';
import { administrators } from '../roles.ts';
import { emailText } from './tokens.ts';

const personSchema = named(
  'ConsoleUser',
  object({
    console_user_id: uuid,
    email: string,
    name: nullable(string),
    role: oneOf('platform_admin', 'tenant_admin', 'operator', 'viewer'),
    created_at: time,
  }),
);

function personWire(person: ConsoleUserRecord): TypeOf<typeof personSchema> {
  return {
    console_user_id: person.consoleUserId,
    email: person.email,
    name: person.name,
    role: person.role,
    created_at: timestamp(person.createdAt),
  };
}

const tenantRole = oneOf('tenant_admin', 'operator', 'viewer');
const params = { id: 'console_user_not_found' } as const;
const removedSchema = object({ console_user_id: uuid, removed: boolean });
const invited = 'The invitation with a first password is on its way by mail.';

export const consoleUserRoutes = [
  route({
    method: 'GET',
    path: '/v1/console/users',
    operation: 'listConsoleUsers',
    summary: 'People of the tenant’s console.',
    auth: 'session',
    roles: administrators,
    envelope: 'list',
    query: object(pageFields),
    reply: list(personSchema),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      return pageAnswer(await api.consoleUsers.list(call.tenantId, page), page, personWire);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/console/users',
    operation: 'inviteConsoleUser',
    summary: 'Invite somebody to the tenant’s console; a first password is mailed.',
    auth: 'session',
    roles: administrators,
    status: 201,
    body: object({ email: emailText, role: tenantRole, name: optional(nullable(text())) }),
    reply: personSchema,
    errors: ['email_taken'],
    handle: async ({ api, call, body: { email, role, name = null } }) => ({
      data: personWire(await api.consoleUsers.invite(call, call.tenantId, { email, role, name })),
      message: invited,
    }),
  }),
  route({
    method: 'PATCH',
    path: '/v1/console/users/{id}',
    operation: 'changeConsoleUser',
    summary: 'Change somebody’s role or name; never the last administrator’s role.',
    auth: 'session',
    roles: administrators,
    params,
    body: object({ role: optional(tenantRole), name: optional(nullable(text())) }),
    reply: personSchema,
    errors: ['last_administrator'],
    handle: async ({ api, call, params: { id = '' }, body: { role, name } }) => ({
      data: personWire(await api.consoleUsers.change(call, call.tenantId, id, defined({ role, name }))),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/console/users/{id}',
    operation: 'removeConsoleUser',
    summary: 'Remove somebody from the console and end their sessions; never the last administrator.',
    auth: 'session',
    roles: administrators,
    params,
    reply: removedSchema,
    errors: ['last_administrator'],
    handle: async ({ api, call, params: { id = '' } }) => {
      await api.consoleUsers.remove(call, call.tenantId, id);
      return { data: { console_user_id: id, removed: true } };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/console/password',
    operation: 'changeConsolePassword',
    summary: 'Change the own password; ends the other sessions.',
    auth: 'self',
    body: object({ current_password: text({ max: 1_024 }), new_password: text({ max: 1_024 }) }),
    reply: object({ changed: boolean }),
    errors: ['invalid_credentials', 'too_many_attempts', 'password_too_weak'],
    handle: async ({ api, call, caller, body }) => {
      await api.consoleUsers.changePassword(call, caller, {
        currentPassword: body.current_password,
        newPassword: body.new_password,
      });
      return { data: { changed: true } };
    },
  }),
];

export const platformAdministratorRoutes = [
  route({
    method: 'GET',
    path: '/v1/admin/administrators',
    operation: 'listAdministrators',
    summary: 'Platform administrators.',
    auth: 'platform',
    envelope: 'list',
    query: object(pageFields),
    reply: list(personSchema),
    handle: async ({ api, query }) => {
      const page = pageOf(query);
      return pageAnswer(await api.consoleUsers.list(null, page), page, personWire);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/admin/administrators',
    operation: 'inviteAdministrator',
    summary: 'Invite another platform administrator; a first password is mailed.',
    auth: 'platform',
    status: 201,
    body: object({ email: emailText, name: optional(nullable(text())) }),
    reply: personSchema,
    errors: ['email_taken'],
    handle: async ({ api, call, body: { email, name = null } }) => ({
      data: personWire(await api.consoleUsers.invite(call, null, { email, name, role: 'platform_admin' })),
      message: invited,
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/admin/administrators/{id}',
    operation: 'removeAdministrator',
    summary: 'Remove a platform administrator and end their sessions; never the last.',
    auth: 'platform',
    params,
    reply: removedSchema,
    errors: ['last_administrator'],
    handle: async ({ api, call, params: { id = '' } }) => {
      await api.consoleUsers.remove(call, null, id);
      return { data: { console_user_id: id, removed: true } };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/admin/keys/rotate',
    operation: 'rotateSigningKeys',
    summary: 'Make a new token signing key: published at once, it signs some minutes later.',
    auth: 'platform',
    reply: object({ kid: string, signs_from: time }),
    handle: async ({ api, call }) => {
      const { kid, signsFrom } = await api.keys.rotate(call);
      return { data: { kid, signs_from: timestamp(signsFrom) } };
    },
  }),
];

const smsText = nullable(text({ max: 64, pattern: '^[A-Za-z0-9 ._+-]+$' }));

export const smsConfigRoutes = [
  route({
    method: 'PATCH',
    path: '/v1/tenant/sms-config',
    operation: 'updateSmsConfig',
    summary: 'Which SMS provider sends for the tenant, and in whose name; null for the deployment’s own.',
    auth: 'session',
    roles: administrators,
    body: object({ provider: optional(smsText), sender_id: optional(smsText) }),
    reply: object({ provider: nullable(string), sender_id: nullable(string) }),
    handle: async ({ api, call, body: { provider, sender_id: sender } }) => {
      const { senderId, ...sms } = await api.smsConfig.update(call, defined({ provider, senderId: sender }));
      return { data: { ...sms, sender_id: senderId } };
    },
  }),
];
