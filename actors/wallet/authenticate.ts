/** Whom a wallet's token speaks for. */
import { ThenarError } from '../../engine/errors.ts';
import type { IdentityProviderRecord } from '../../engine/records.ts';
import { type ClaimedOrigin, claimedOrigin } from '../../engine/tokens/external.ts';
import { refuseToken } from '../../engine/tokens/refusal.ts';
import { type ClientCaller, type WalletCaller, type WalletScope, walletScopes } from '../calls.ts';
import { standingToken } from '../commands/auth.ts';
import type { Context } from '../context.ts';
import type { TokenSubject } from './users.ts';

/** @throws ThenarError invalid_token, tenant_suspended, user_suspended, unavailable */
export async function walletCaller(context: Context, token: string): Promise<WalletCaller | ClientCaller> {
  const origin = await claimedOrigin(token);
  if (origin.issuer === context.deployment.issuer) return ownCaller(context, token);
  const provider = providerOf(context, origin);
  const { tenantId, issuer } = provider;
  const { subject, scopes } = await context.providerKeys.verify(provider, token);
  context.views.activeTenant(tenantId);
  return callerOf(context, { tenantId, issuer, subject }, scopesOf(provider, scopes));
}

/** Our own issuer needs no setting: a user's sign-in is what its token stands and falls with, and it may all. */
async function ownCaller(context: Context, token: string): Promise<WalletCaller | ClientCaller> {
  const { kind, tenantId, clientId, scopes, subject } = await standingToken(context, token);
  if (kind === 'client') return { kind, tenantId, clientId, scopes };
  return callerOf(context, { tenantId, issuer: context.deployment.issuer, subject }, walletScopes);
}

/** A token that two tenants could take is neither's: it must say whose it is. */
function providerOf(context: Context, { issuer, audiences }: ClaimedOrigin): IdentityProviderRecord {
  const found = audiences
    .map((audience) => context.views.identityProviderOf(issuer, audience))
    .filter((provider) => provider !== null);
  const [provider, another] = new Set(found);
  if (provider === undefined) throw refuseToken('issuer and audience are no tenant’s');
  if (another !== undefined) throw refuseToken('issuer and audiences are several tenants’');
  return provider;
}

function scopesOf(provider: IdentityProviderRecord, held: readonly string[]): readonly WalletScope[] {
  const needed: Readonly<Record<WalletScope, readonly string[]>> = {
    'wallet:read': provider.readScopes,
    'wallet:write': provider.writeScopes,
  };
  return walletScopes.filter((scope) => needed[scope].every((each) => held.includes(each)));
}

async function callerOf(
  context: Context,
  subject: TokenSubject,
  scopes: readonly WalletScope[],
): Promise<WalletCaller> {
  const user = await context.walletUsers.find(context, subject);
  if (user?.status === 'suspended') throw new ThenarError('user_suspended', 'This user is suspended.');
  return { kind: 'wallet', ...subject, userId: user?.userId ?? null, scopes };
}
