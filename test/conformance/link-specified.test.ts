/** The route table has what the documents list, for exactly whom they list it. */
import t from 'tap';
import type { ConsoleRole } from '../../engine/records.ts';
import { linkRoutes, title } from '../support/samples.ts';
import { added, type Specified, specified, type Who } from './routes.ts';

const present = new Map(linkRoutes.map((route) => [title(route), route]));
const name = ({ method, path }: Specified): string => `${method} ${path}`;

/** CONTRACT: every route that takes client credentials also takes a console session, and webhooks takes both. */
function authOf({ who, path }: Specified): string {
  const auth: Readonly<Record<Who, string>> = {
    anybody: 'public',
    pairing_code: 'public',
    provider: 'public',
    user: 'user',
    client: 'client_or_session',
    session: path.startsWith('/v1/webhooks') ? 'client_or_session' : 'session',
    tenant_admin: 'session',
    tenant_operator: 'session',
    platform_admin: 'platform',
    device: 'device',
  };
  return auth[who];
}

/** Roles where a document names them. */
const roles: Partial<Record<Who, readonly ConsoleRole[]>> = {
  tenant_admin: ['tenant_admin'],
  tenant_operator: ['tenant_admin', 'operator'],
};

t.test('there are 88 of them', (t) => {
  t.equal(specified.length, 88);
  t.equal(new Set(specified.map(name)).size, 88);
  t.end();
});

t.test('each is in the table', (t) => {
  for (const each of specified) {
    t.ok(present.has(name(each)), `${name(each)} (${each.source})`);
  }
  t.end();
});

t.test('each takes exactly the callers that the documents list', (t) => {
  for (const each of specified) {
    const route = present.get(name(each));
    if (route === undefined) continue; // told above
    t.equal(route.auth, authOf(each), name(each));
    t.equal(route.plane, each.who === 'device' ? 'device' : 'public', name(each));
    const expected = roles[each.who];
    if (expected !== undefined) t.same(route.roles, expected, name(each));
  }
  t.end();
});

t.test('what the contract adds', (t) => {
  for (const each of added) t.ok(present.has(each), each);
  t.end();
});
