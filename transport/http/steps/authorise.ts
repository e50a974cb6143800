import type { ClientCaller, ConsoleCaller, WalletCaller } from '../../../actors/calls.ts';
import { ThenarError } from '../../../engine/errors.ts';
import { type Eventually, then } from '../../../engine/eventually.ts';
import { actingTenant, namedTenant } from '../../auth/tenant.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import type { Auth, Route } from '../route.ts';

/** Routes for end users: no client and no console session speaks for one. */
const forPeople: ReadonlySet<Auth> = new Set(['user', 'wallet', 'subject']);

/**
 * May this caller use this route, and on whose behalf? The wrong kind of caller, scope or role is 403; tenancy comes
 * from the caller alone.
 */
export function authorise(exchange: Exchange): Eventually<void> {
  const route = routeOf(exchange);
  const { caller } = exchange;
  switch (caller.kind) {
    case 'anonymous':
      return;
    case 'client':
      exchange.tenantId = authoriseClient(exchange, route, caller);
      return;
    case 'user':
      if (route.auth !== 'user') throw new ThenarError('forbidden', 'An end user may not do this.');
      exchange.tenantId = caller.tenantId;
      return;
    case 'wallet':
      authoriseWallet(route, caller);
      exchange.tenantId = caller.tenantId;
      return;
    case 'console':
      authoriseRole(route, caller);
      if (!needsTenant(route)) return;
      return then(actingTenant(exchange, caller), (tenantId) => {
        exchange.tenantId = tenantId;
      });
    case 'device':
      if (route.auth !== 'device') throw new ThenarError('forbidden', 'A device may not do this.');
      exchange.tenantId = caller.tenantId;
      return;
    default:
      caller satisfies never;
  }
}

function authoriseClient(exchange: Exchange, route: Route, caller: ClientCaller): string {
  if (route.auth !== 'client_or_session') {
    const wanted = forPeople.has(route.auth) ? 'an end user' : 'a console session';
    throw new ThenarError('forbidden', `This takes ${wanted}, not an OAuth client.`);
  }
  requireScope(route, caller.scopes);
  const named = namedTenant(exchange.request.headers);
  if (named !== undefined && named !== caller.tenantId) {
    throw new ThenarError('forbidden', 'Only a platform administrator may name a tenant.');
  }
  return caller.tenantId;
}

/** @throws ThenarError insufficient_scope */
function requireScope({ scope }: Route, held: readonly string[]): void {
  if (scope === undefined || held.includes(scope)) return;
  throw new ThenarError('insufficient_scope', `The token lacks the scope ${scope}.`, { details: { scope } });
}

function authoriseWallet(route: Route, { scopes, userId }: WalletCaller): void {
  if (route.auth !== 'wallet' && route.auth !== 'subject') {
    throw new ThenarError('forbidden', 'The token of an identity provider is of no use here.');
  }
  requireScope(route, scopes);
  if (route.auth === 'wallet' && userId === null) {
    throw new ThenarError('user_not_found', 'The user of this token is not registered yet.');
  }
}

function authoriseRole(route: Route, caller: ConsoleCaller): void {
  if (route.auth === 'device') throw new ThenarError('forbidden', 'This takes a device.');
  if (forPeople.has(route.auth)) throw new ThenarError('forbidden', 'This takes the token of an end user.');
  if (caller.role === 'platform_admin' || route.auth === 'self') return;
  if (route.auth === 'platform' || !(route.roles ?? []).includes(caller.role)) {
    throw new ThenarError('forbidden', `The role ${caller.role} may not do this.`);
  }
}

function needsTenant(route: Route): boolean {
  return route.auth === 'client_or_session' || route.auth === 'session';
}
