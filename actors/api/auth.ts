/** Tokens, console sessions and device certificates: who is calling. */
import type { Eventually } from '../../engine/eventually.ts';
import type { ConsoleRole, JsonObject } from '../../engine/records.ts';
import type { Call, ClientCaller, ConsoleCaller, UserCaller } from '../calls.ts';

export interface AuthApi {
  /** client_credentials; `scopes` narrows what the client has. @throws invalid_client, invalid_scope, tenant_suspended */
  issueToken(
    call: Call,
    input: { clientId: string; clientSecret: string; scopes?: readonly string[] },
  ): Promise<{ accessToken: string; expiresInS: number; scopes: readonly string[] }>;
  /** At once for a client's token that was verified before. @throws invalid_token, tenant_suspended */
  authenticateToken(token: string): Eventually<ClientCaller | UserCaller>;
  jwks(): JsonObject;
  /** Who issues tokens, and the public address of this deployment, without a slash at its end. */
  issuer(): { readonly issuer: string; readonly publicUrl: string };
  /** @throws invalid_credentials, too_many_attempts */
  login(
    call: Call,
    input: { email: string; password: string },
  ): Promise<{
    cookie: string;
    csrfToken: string;
    role: ConsoleRole;
    tenantId: string | null;
    expiresInS: number;
  }>;
  logout(call: Call, caller: ConsoleCaller): Promise<void>;
  /** @throws unauthenticated when the session is unknown or over */
  authenticateSession(cookie: string): Promise<ConsoleCaller>;
  /** Constant-time comparison of the session's CSRF token. */
  checkCsrf(caller: ConsoleCaller, token: string): boolean;
  me(caller: ConsoleCaller): Promise<{
    consoleUserId: string;
    email: string;
    name: string | null;
    role: ConsoleRole;
    tenantId: string | null;
  }>;
  /**
   * Synchronous, from memory, on every connection and message: does this certificate stand?
   * `code` is what to answer when it does not.
   */
  authenticateDevice(fingerprint: string):
    | { readonly ok: true; readonly tenantId: string; readonly deviceId: string }
    | {
        readonly ok: false;
        readonly code:
          | 'device_certificate_invalid'
          | 'device_certificate_revoked'
          | 'tenant_suspended'
          | 'device_suspended';
        /**
         * The device itself replaced this certificate by a newer one that stands: no new connection with it, but
         * a session that is open already goes on (CONTRACT: the live socket stays).
         */
        readonly superseded?: boolean;
      };
}
