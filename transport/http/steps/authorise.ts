import type { ClientCaller, ConsoleCaller } from '../../../actors/calls.ts';
import { ThenarError } from '../../../engine/errors.ts';
import { actingTenant } from '../../auth/tenant.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import type { Route } from '../route.ts';

/**
 * May this caller use this route, and on whose behalf? The wrong kind of caller, scope or role is 403; tenancy comes
 * from the caller alone.
 */
export async function authorise(exchange: Exchange): Promise<void> {
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
    case 'console':
      authoriseRole(route, caller);
      if (needsTenant(route)) exchange.tenantId = await actingTenant(exchange, caller);
      return;
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
    const wanted = route.auth === 'user' ? 'an end user' : 'a console session';
    throw new ThenarError('forbidden', `This takes ${wanted}, not an OAuth client.`);
  }
  if (route.scope !== undefined && !caller.scopes.includes(route.scope)) {
    throw new ThenarError('insufficient_scope', `The token lacks the scope ${route.scope}.`, {
      details: { scope: route.scope },
    });
  }
  const named = exchange.request.headers['x-tenant-id'];
  if (named !== undefined && named !== caller.tenantId) {
    throw new ThenarError('forbidden', 'Only a platform administrator may name a tenant.');
  }
  return caller.tenantId;
}

function authoriseRole(route: Route, caller: ConsoleCaller): void {
  if (route.auth === 'device') throw new ThenarError('forbidden', 'This takes a device.');
  if (route.auth === 'user') throw new ThenarError('forbidden', 'This takes the token of an end user.');
  if (caller.role === 'platform_admin' || route.auth === 'self') return;
  if (route.auth === 'platform' || !(route.roles ?? []).includes(caller.role)) {
    throw new ThenarError('forbidden', `The role ${caller.role} may not do this.`);
  }
}

function needsTenant(route: Route): boolean {
  return route.auth === 'client_or_session' || route.auth === 'session';
}
