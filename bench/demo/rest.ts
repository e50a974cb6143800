/** REST as an integrator speaks it. */

export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

export type Reply = Readonly<Record<string, unknown>>;

/** @throws RestError with the engine's code for every status that is no success */
export async function request(
  baseUrl: string,
  method: string,
  path: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Promise<{ readonly reply: Reply; readonly response: Response }> {
  const response = await fetch(new URL(path, baseUrl), {
    method,
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const reply = (await response.json()) as Reply & { readonly error?: { code: string; message: string } };
  if (!response.ok) {
    throw new RestError(response.status, reply.error?.code ?? 'unknown', reply.error?.message ?? '');
  }
  return { reply, response };
}

/** A console session: cookie and CSRF token in headers. */
export async function signIn(
  baseUrl: string,
  credentials: { readonly email: string; readonly password: string },
): Promise<Readonly<Record<string, string>>> {
  const { reply, response } = await request(baseUrl, 'POST', '/v1/console/login', { body: credentials });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return { cookie, 'x-csrf-token': String((reply.data as Reply).csrf_token) };
}

/** An integrator with a token of its own. */
export class Integrator {
  readonly credentials: { readonly client_id: string; readonly client_secret: string };
  baseUrl: string;
  #token = '';

  /** Of the last {@link authenticate}. */
  get token(): string {
    return this.#token;
  }

  constructor(baseUrl: string, credentials: { readonly client_id: string; readonly client_secret: string }) {
    this.baseUrl = baseUrl;
    this.credentials = credentials;
  }

  async authenticate(): Promise<void> {
    const body = { grant_type: 'client_credentials', ...this.credentials };
    const { reply } = await request(this.baseUrl, 'POST', '/v1/auth/token', { body });
    this.#token = String(reply.access_token);
  }

  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const { reply } = await request(
      this.baseUrl,
      method,
      path,
      body === undefined ? { headers } : { headers, body },
    );
    return reply.data as Reply;
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
): Promise<{ readonly tenantId: string; readonly integrator: Integrator }> {
  const platform = await signIn(baseUrl, administrator);
  const created = await request(baseUrl, 'POST', '/v1/admin/tenants', {
    headers: platform,
    body: { name, admin_email: `admin-${Date.now()}@${name.toLowerCase().replace(/[^a-z]+/g, '-')}.example` },
  });
  const tenant = created.reply.data as Reply;
  const owner = await signIn(baseUrl, tenant.admin as { email: string; password: string });
  const client = await request(baseUrl, 'POST', '/v1/clients', {
    headers: owner,
    body: { name: 'integrator' },
  });
  const { client_id, client_secret } = client.reply.data as { client_id: string; client_secret: string };
  const integrator = new Integrator(baseUrl, { client_id, client_secret });
  await integrator.authenticate();
  return { tenantId: String(tenant.tenant_id), integrator };
}
