/** Accounts of end users: signing up and in, codes, passwords; and people of the console. */
import type { CodeTarget } from '../../engine/accounts/target.ts';
import type { ConsoleRole, ConsoleUserRecord } from '../../engine/records.ts';
import type { Call, ConsoleCaller, DeviceCall, TenantCall, UserCall } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

/** A client that names itself fixes the tenant; a secret that is given must be right. */
export interface Through {
  readonly clientId: string;
  readonly clientSecret?: string;
}

export interface UserTokens {
  readonly accessToken: string;
  readonly expiresInS: number;
  readonly refreshToken: string;
  readonly userId: string;
}

/** What RFC 7662 says of a token that is good; null of any other. */
export interface Introspection {
  readonly kind: 'client' | 'user' | 'refresh';
  readonly subject: string;
  readonly clientId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly jti: string | null;
}

export interface AccountsApi {
  /** @throws invalid_grant, email_not_verified, auth_method_disabled, too_many_attempts, invalid_client */
  signInByPassword(
    call: Call,
    input: Through & { readonly email: string; readonly password: string },
  ): Promise<UserTokens>;
  /** @throws invalid_grant, auth_method_disabled, too_many_attempts, invalid_client */
  signInByCode(
    call: Call,
    input: Through & { readonly target: CodeTarget; readonly code: string },
  ): Promise<UserTokens>;
  /** @throws invalid_grant, invalid_client */
  refresh(call: Call, input: Through & { readonly refreshToken: string }): Promise<UserTokens>;

  /** The same answer whether or not there is an account. @throws password_too_weak, rate_limited, … */
  register(
    call: Call,
    input: Through & { readonly email: string; readonly password: string; readonly name?: string },
  ): Promise<void>;
  /** @throws link_invalid */
  verifyEmail(call: Call, token: string): Promise<{ readonly email: string }>;
  /** The same answer whether or not there is an account. @throws rate_limited, auth_method_disabled */
  sendCode(
    call: Call,
    input: Through & { readonly target: CodeTarget },
  ): Promise<{ readonly expiresInS: number }>;
  /** The same answer whether or not there is an account. @throws rate_limited, auth_method_disabled */
  requestPasswordReset(call: Call, input: Through & { readonly email: string }): Promise<void>;
  /** Ends every session. @throws link_invalid, password_too_weak */
  resetPassword(call: Call, input: { readonly token: string; readonly newPassword: string }): Promise<void>;
  /** Ends every session, the caller's too. @throws invalid_credentials, password_too_weak, too_many_attempts */
  changePassword(
    call: UserCall,
    input: { readonly currentPassword: string; readonly newPassword: string },
  ): Promise<void>;
  /** Ends the sign-in that the token belongs to, if it is the caller's; anything else is no error (RFC 7009). */
  revoke(call: UserCall, token: string): Promise<void>;
  /** Null unless the token is good and of the client's own tenant. @throws invalid_client */
  introspect(
    call: Call,
    input: { readonly clientId: string; readonly clientSecret: string; readonly token: string },
  ): Promise<Introspection | null>;
}

/** Sign-up at a scanner. */
export interface SignupApi {
  /** @throws device_class_mismatch, rate_limited */
  start(
    call: DeviceCall,
    input: { readonly mobile: string },
  ): Promise<{ readonly challengeId: string; readonly expiresAt: number }>;
  /** @throws challenge_not_found, challenge_expired, code_invalid, too_many_attempts, user_suspended */
  verify(
    call: DeviceCall,
    input: { readonly challengeId: string; readonly code: string },
  ): Promise<{ readonly userId: string; readonly isNewUser: boolean; readonly palmEnrolled: boolean }>;
}

/** Whose console people are meant: a tenant's, or with null the platform's administrators. */
export type ConsoleOf = string | null;

export interface ConsoleUsersApi {
  list(of: ConsoleOf, query: PageQuery): Promise<Page<ConsoleUserRecord>>;
  /** Mails the first password. @throws email_taken */
  invite(
    call: Call,
    of: ConsoleOf,
    input: { readonly email: string; readonly name: string | null; readonly role: ConsoleRole },
  ): Promise<ConsoleUserRecord>;
  /** @throws console_user_not_found, last_administrator */
  change(
    call: Call,
    of: ConsoleOf,
    consoleUserId: string,
    input: { readonly role?: ConsoleRole; readonly name?: string | null },
  ): Promise<ConsoleUserRecord>;
  /** Ends their sessions at once. @throws console_user_not_found, last_administrator */
  remove(call: Call, of: ConsoleOf, consoleUserId: string): Promise<void>;
  /** Ends the person's other sessions. @throws invalid_credentials, password_too_weak, too_many_attempts */
  changePassword(
    call: Call,
    caller: ConsoleCaller,
    input: { readonly currentPassword: string; readonly newPassword: string },
  ): Promise<void>;
}

export interface KeysApi {
  /** @returns the key that signs next: it is published already */
  rotate(call: Call): Promise<{ readonly kid: string; readonly signsFrom: number }>;
}

/** How a tenant's text messages go out. */
export interface SmsConfig {
  readonly provider: string | null;
  readonly senderId: string | null;
}

export interface SmsConfigApi {
  update(call: TenantCall, input: Partial<SmsConfig>): Promise<SmsConfig>;
}
