/** The client that a person comes through: it fixes the tenant (CONTRACT). */
import { ThenarError } from '../../engine/errors.ts';
import type { AuthMethod, ClientRecord, TenantRecord } from '../../engine/records.ts';
import { equalBytes, hashSecret } from '../../engine/secrets/generate.ts';
import type { Context } from '../context.ts';

export interface ClientInput {
  readonly clientId: string;
  /** An app on somebody's phone has none to keep; one that is given must be right. */
  readonly clientSecret?: string;
}

export interface Through {
  readonly client: ClientRecord;
  readonly tenant: TenantRecord;
}

/** @throws ThenarError invalid_client, tenant_suspended */
export async function namedClient(context: Context, input: ClientInput): Promise<Through> {
  const { clientId, clientSecret } = input;
  const client = await context.views.client(clientId);
  if (client === null) throw invalidClient();
  if (clientSecret !== undefined && !equalBytes(client.secretHash, hashSecret(clientSecret))) {
    throw invalidClient();
  }
  return { client, tenant: context.views.activeTenant(client.tenantId) };
}

/** @throws ThenarError invalid_client unless the secret is there and right */
export function provenClient(context: Context, clientId: string, clientSecret: string): Promise<Through> {
  return namedClient(context, { clientId, clientSecret });
}

/** @throws ThenarError auth_method_disabled when the tenant's users may not sign in this way */
export function assertMethod({ tenant }: Through, method: AuthMethod): void {
  if (tenant.config.authMethods.includes(method)) return;
  throw new ThenarError('auth_method_disabled', `This tenant does not let people in by ${method}.`, {
    details: { method },
  });
}

function invalidClient(): ThenarError {
  return new ThenarError('invalid_client', 'The client_id or client_secret is wrong.');
}
