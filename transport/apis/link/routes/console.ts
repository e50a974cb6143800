/** Console sessions of people. */
import { sessionCookie } from '../../../auth/cookie.ts';
import { changeStream } from '../../../console/stream.ts';
import { route, textMedia } from '../../../http/route.ts';
import {
  boolean,
  defined,
  nullable,
  object,
  oneOf,
  optional,
  string,
  text,
  uuid,
} from '../../../http/schema.ts';
import { readers } from '../roles.ts';

const role = oneOf('platform_admin', 'tenant_admin', 'operator', 'viewer');

export const consoleRoutes = [
  route({
    method: 'POST',
    path: '/v1/console/login',
    operation: 'login',
    summary: 'Open a console session: sets its cookie and answers the token for X-CSRF-Token.',
    auth: 'public',
    // Any text: what is no address is nobody's, and a deployment may log in as admin@localhost.
    body: object({ email: text({ max: 320 }), password: text({ max: 1_024 }) }),
    reply: object({ csrf_token: string, role, tenant_id: optional(uuid) }),
    errors: ['invalid_credentials', 'too_many_attempts', 'tenant_suspended'],
    handle: async ({ api, call, body, request }) => {
      const { cookie, csrfToken, tenantId, expiresInS, ...opened } = await api.auth.login(call, body);
      return {
        data: { csrf_token: csrfToken, role: opened.role, ...defined({ tenant_id: tenantId ?? undefined }) },
        headers: { 'set-cookie': sessionCookie(cookie, expiresInS, request.secure) },
      };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/console/logout',
    operation: 'logout',
    summary: 'End the console session.',
    auth: 'self',
    reply: object({ logged_out: boolean }),
    handle: async ({ api, call, caller, request }) => {
      await api.auth.logout(call, caller);
      return {
        data: { logged_out: true },
        headers: { 'set-cookie': sessionCookie('', 0, request.secure) },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/console/me',
    operation: 'getMe',
    summary: 'Who is logged in.',
    auth: 'self',
    reply: object({
      console_user_id: uuid,
      email: string,
      name: nullable(string),
      role,
      tenant_id: nullable(uuid),
    }),
    handle: async ({ api, caller }) => {
      const me = await api.auth.me(caller);
      return {
        data: {
          console_user_id: me.consoleUserId,
          email: me.email,
          name: me.name,
          role: me.role,
          tenant_id: me.tenantId,
        },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/console/stream',
    operation: 'watchTenant',
    summary:
      'What changes of the tenant, as server-sent events of identifiers and states, while the session lasts.',
    auth: 'session',
    roles: readers,
    reply: textMedia('text/event-stream; charset=utf-8'),
    errors: ['engine_busy'],
    handle: ({ api, call, caller }) => ({ data: '', stream: changeStream(api, call, caller) }),
  }),
];
