/** Accounts of end users: signing up, codes, passwords, signing out. */

import { route } from '../../../http/route.ts';
import {
  boolean,
  constant,
  defined,
  integer,
  object,
  optional,
  string,
  text,
  uuid,
} from '../../../http/schema.ts';
import { invalid } from '../../../http/validate.ts';
import { mobileText } from '../../../wire/signup.ts';
import { emailText, targetOf } from './tokens.ts';

const passwordText = text({ max: 1_024 });
const token = text({ max: 128 });

export const accountRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/register',
    operation: 'register',
    summary:
      'Sign up by e-mail: a link is mailed that confirms the address. Says nothing about existing accounts.',
    auth: 'public',
    status: 202,
    body: object({ client_id: uuid, email: emailText, password: passwordText, name: optional(text()) }),
    reply: object({ verification_required: constant(true) }),
    errors: ['invalid_client', 'auth_method_disabled', 'password_too_weak', 'tenant_suspended'],
    handle: async ({ api, call, body }) => {
      const { client_id: clientId, email, password, name } = body;
      await api.accounts.register(call, { clientId, email, password, ...defined({ name }) });
      return {
        data: { verification_required: true },
        message: 'A mail is on its way; open its link to confirm the address.',
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/auth/verify-email',
    operation: 'verifyEmail',
    summary: 'Confirm an e-mail address by the link that was mailed to it.',
    auth: 'public',
    query: object({ token }),
    reply: object({ verified: boolean, email: string }),
    errors: ['link_invalid', 'user_suspended', 'tenant_suspended'],
    handle: async ({ api, call, query }) => ({
      data: { verified: true, ...(await api.accounts.verifyEmail(call, query.token)) },
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/auth/otp/send',
    operation: 'sendOtp',
    summary: 'Send a code for the grant urn:thenar:otp. Says nothing about existing accounts.',
    auth: 'public',
    body: object(
      { client_id: uuid, mobile: optional(mobileText), email: optional(emailText) },
      { exactlyOne: [['mobile', 'email']] },
    ),
    reply: object({ expires_in: integer() }),
    errors: ['invalid_client', 'auth_method_disabled', 'tenant_suspended'],
    handle: async ({ api, call, body }) => {
      const input = { clientId: body.client_id, target: targetOf(body) };
      const { expiresInS } = await api.accounts.sendCode(call, input);
      return { data: { expires_in: expiresInS }, message: 'If there is an account, a code is on its way.' };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/password/reset',
    operation: 'resetPassword',
    summary:
      'With client_id and email: mail a token. With token and new_password: set the password, and end every session.',
    auth: 'public',
    body: object(
      {
        client_id: optional(uuid),
        email: optional(emailText),
        token: optional(token),
        new_password: optional(passwordText),
      },
      { exactlyOne: [['email', 'token']] },
    ),
    reply: object({ requested: optional(boolean), changed: optional(boolean) }),
    errors: [
      'invalid_client',
      'auth_method_disabled',
      'link_invalid',
      'password_too_weak',
      'tenant_suspended',
    ],
    handle: async ({ api, call, body }) => {
      if (body.token !== undefined) {
        const newPassword = needed(body.new_password, 'new_password');
        await api.accounts.resetPassword(call, { token: body.token, newPassword });
        return { data: { changed: true }, message: 'The password was set.' };
      }
      const clientId = needed(body.client_id, 'client_id');
      await api.accounts.requestPasswordReset(call, { clientId, email: body.email ?? '' });
      return { data: { requested: true }, message: 'If there is an account, a mail is on its way.' };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/password/change',
    operation: 'changePassword',
    summary: 'Change the own password; ends every session, this one too.',
    auth: 'user',
    body: object({ current_password: passwordText, new_password: passwordText }),
    reply: object({ changed: boolean }),
    errors: ['invalid_credentials', 'too_many_attempts', 'password_too_weak', 'conflict'],
    handle: async ({ api, call, body }) => {
      await api.accounts.changePassword(call, {
        currentPassword: body.current_password,
        newPassword: body.new_password,
      });
      return { data: { changed: true }, message: 'Sign in again with the new password.' };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/revoke',
    operation: 'revokeToken',
    summary: 'Sign out: ends all tokens of the sign-in that the token belongs to (RFC 7009).',
    auth: 'user',
    forms: true,
    body: object({ token: text({ max: 8_192 }), token_type_hint: optional(text({ max: 64 })) }),
    reply: object({ revoked: boolean }),
    handle: async ({ api, call, body }) => {
      await api.accounts.revoke(call, body.token);
      return { data: { revoked: true } };
    },
  }),
];

function needed(value: string | undefined, field: string): string {
  if (value === undefined) throw invalid([{ field, message: 'is required' }]);
  return value;
}
