/** The client that a person comes through: it fixes the tenant (CONTRACT). */
import { ThenarError } from '../../engine/errors.ts';
import type { AuthMethod, ClientRecord, TenantRecord } from '../../engine/records.ts';
import { equalBytes, hashSecret } from '../../engine/secrets/generate.ts';
import type { Call } from '../calls.ts';
import { clientSecretGuesses } from '../commands/guesses.ts';
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

/** @throws ThenarError invalid_client, tenant_suspended, and rate_limited after many wrong secrets */
export async function namedClient(context: Context, call: Call, input: ClientInput): Promise<Through> {
  const { clientId, clientSecret } = input;
  const client =
    clientSecret === undefined
      ? await context.views.client(clientId)
      : await context.guesses.guess(clientSecretGuesses(clientId, call.address), async () => {
          const found = await context.views.client(clientId);
          return found !== null && equalBytes(found.secretHash, hashSecret(clientSecret)) ? found : null;
        });
  if (client === null) throw invalidClient();
  return { client, tenant: context.views.activeTenant(client.tenantId) };
}

/** @throws ThenarError invalid_client unless the secret is there and right */
export function provenClient(context: Context, call: Call, input: Required<ClientInput>): Promise<Through> {
  return namedClient(context, call, input);
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
