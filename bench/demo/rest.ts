/** REST as an integrator speaks it, through the typed client of the Link API. */
import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { type Credentials, clientCredentials, consoleSession } from '../../transport/client/credentials.ts';

export interface ClientSecret {
  readonly client_id: string;
  readonly client_secret: string;
}

/** An integrator with a token of its own, got with its first call. */
export class Integrator {
  readonly baseUrl: string;
  readonly client: ClientSecret;
  readonly link: ApiClient<typeof link>;
  readonly #credentials: Credentials;

  constructor(baseUrl: string, client: ClientSecret) {
    this.baseUrl = baseUrl;
    this.client = client;
    this.#credentials = clientCredentials(baseUrl, client);
    this.link = new ApiClient(link, { baseUrl, credentials: this.#credentials });
  }

  /** For clients that count every microsecond and so bring their own HTTP. */
  async token(): Promise<string> {
    const { authorization = '' } = await this.#credentials.headers(fetch);
    return authorization.replace('Bearer ', '');
  }
}

/**
 * Sets a deployment up as its first users would: a tenant by the platform administrator, an OAuth client by the
 * tenant's own.
 */
export async function createTenant(
  baseUrl: string,
  administrator: { readonly email: string; readonly password: string },
  name: string,
): Promise<{
  readonly tenantId: string;
  readonly admin: { readonly email: string; readonly password: string };
  readonly integrator: Integrator;
}> {
  const as = (person: typeof administrator) =>
    new ApiClient(link, { baseUrl, credentials: consoleSession(baseUrl, person) });
  const tenant = await as(administrator).call('createTenant', {
    body: {
      name,
      admin_email: `admin-${Date.now()}@${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.example`,
    },
  });
  const client = await as(tenant.admin).call('createClient', { body: { name: 'integrator' } });
  return { tenantId: tenant.tenant_id, admin: tenant.admin, integrator: new Integrator(baseUrl, client) };
}
