/** End users of a tenant in a test: what they ask, and what they are sent. */
import { type Administered, type Json, type RestReply, rest } from './node.ts';
import { eventually, type TestTenant } from './tenant.ts';

export const PASSWORD = 'plum-Harbour-42-lantern';

/** Messages to an address or number, newest first, once there are so many. */
export function messagesTo(
  node: Administered,
  to: string,
  count = 1,
): Promise<readonly { readonly text: string }[]> {
  return eventually(
    async () => (await node.outbox()).filter((message) => message.to === to),
    (found) => found.length >= count,
  );
}

export async function codeFor(node: Administered, to: string, count = 1): Promise<string> {
  const [newest] = await messagesTo(node, to, count);
  return /\b(\d{6})\b/.exec(newest?.text ?? '')?.[1] ?? '';
}

/** A code that is not that one. */
export function wrong(code: string): string {
  return code === '000000' ? '000001' : '000000';
}

export async function tokenFor(node: Administered, to: string, count = 1): Promise<string> {
  const [newest] = await messagesTo(node, to, count);
  return /(?<![\w-])([\w-]{43})(?![\w-])/.exec(newest?.text ?? '')?.[1] ?? '';
}

/** Mailed to whoever is invited to the console. */
export async function firstPassword(node: Administered, email: string): Promise<string> {
  const [mail] = await messagesTo(node, email);
  return /First password: (\S+)/.exec(mail?.text ?? '')?.[1] ?? '';
}

export class People {
  readonly node: Administered;
  readonly tenant: TestTenant;

  constructor(node: Administered, tenant: TestTenant) {
    this.node = node;
    this.tenant = tenant;
  }

  get clientId(): string {
    return this.tenant.client.client_id;
  }

  post(path: string, body: object, token?: string): Promise<RestReply> {
    const headers = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
    return rest(this.node.urls.publicUrl, 'POST', path, { body, ...headers });
  }

  grant(body: object): Promise<RestReply> {
    return this.post('/v1/auth/token', { client_id: this.clientId, ...body });
  }

  signIn(email: string, password = PASSWORD): Promise<RestReply> {
    return this.grant({ grant_type: 'password', email, password });
  }

  refresh(token: string): Promise<RestReply> {
    return this.grant({ grant_type: 'refresh_token', refresh_token: token });
  }

  otp(target: object, code: string): Promise<RestReply> {
    return this.grant({ grant_type: 'urn:thenar:otp', ...target, code });
  }

  send(target: object): Promise<RestReply> {
    return this.post('/v1/auth/otp/send', { client_id: this.clientId, ...target });
  }

  register(email: string, password = PASSWORD): Promise<RestReply> {
    return this.post('/v1/auth/register', { client_id: this.clientId, email, password });
  }

  verify(token: string): Promise<RestReply> {
    return rest(this.node.urls.publicUrl, 'GET', `/v1/auth/verify-email?token=${token}`);
  }

  /** Somebody who signed up, confirmed and signed in. */
  async signedUp(email: string): Promise<Json> {
    await this.register(email);
    const verified = await this.verify(await tokenFor(this.node, email));
    if (verified.status !== 200) throw new Error(`verify: ${JSON.stringify(verified.json)}`);
    return (await this.signIn(email)).json;
  }

  async introspect(token: string): Promise<Json> {
    return (await this.post('/v1/auth/introspect', { ...this.tenant.client, token })).json;
  }

  async isActive(token: string): Promise<boolean> {
    return (await this.introspect(token)).active;
  }
}
