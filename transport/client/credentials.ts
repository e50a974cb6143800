/** How a client says who it is. */
import { ApiError } from './error.ts';

export interface Credentials {
  headers(send: typeof fetch): Promise<Readonly<Record<string, string>>>;
  /** After a 401: forgets what was refused. True when other headers may do better. */
  refused?(): boolean;
}

/** Tokens are asked for anew this long before they expire, as document 003 advises. */
const EARLY_MS = 60_000;

/** An OAuth client: gets a token, keeps it while it lasts. */
export function clientCredentials(
  baseUrl: string,
  client: { readonly client_id: string; readonly client_secret: string },
): Credentials {
  let held: { readonly token: string; readonly until: number } | null = null;
  return {
    async headers(send) {
      if (held === null || Date.now() >= held.until) {
        const { client_id, client_secret } = client;
        const { reply } = await post(send, new URL('/v1/auth/token', baseUrl), {
          grant_type: 'client_credentials',
          client_id,
          client_secret,
        });
        const { access_token, expires_in } = reply as {
          readonly access_token: string;
          readonly expires_in: number;
        };
        held = { token: access_token, until: Date.now() + Math.max(0, expires_in * 1000 - EARLY_MS) };
      }
      return { authorization: `Bearer ${held.token}` };
    },
    refused() {
      const had = held !== null;
      held = null;
      return had;
    },
  };
}

/** A token that somebody else keeps. */
export function bearerToken(token: string): Credentials {
  return { headers: async () => ({ authorization: `Bearer ${token}` }) };
}

/**
 * A console session of a person, opened with the first call.
 * @param tenantId for a platform administrator who acts on one tenant
 */
export function consoleSession(
  baseUrl: string,
  person: { readonly email: string; readonly password: string },
  tenantId?: string,
): Credentials {
  let opened: Promise<Readonly<Record<string, string>>> | null = null;
  const open = async (send: typeof fetch): Promise<Readonly<Record<string, string>>> => {
    const { email, password } = person;
    const login = await post(send, new URL('/v1/console/login', baseUrl), { email, password });
    const { csrf_token } = (login.reply as { readonly data: { readonly csrf_token: string } }).data;
    const cookie = login.response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return {
      cookie,
      'x-csrf-token': csrf_token,
      ...(tenantId === undefined ? {} : { 'x-tenant-id': tenantId }),
    };
  };
  return {
    headers(send) {
      opened ??= open(send).catch((error: unknown) => {
        opened = null;
        throw error;
      });
      return opened;
    },
  };
}

async function post(
  send: typeof fetch,
  url: URL,
  body: object,
): Promise<{ readonly reply: unknown; readonly response: Response }> {
  const response = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const reply: unknown = await response.json();
  if (!response.ok) throw new ApiError(response, reply);
  return { reply, response };
}
