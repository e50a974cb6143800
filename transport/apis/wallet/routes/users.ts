/** Who holds a wallet. */
import { route } from '../../../http/route.ts';
import { defined, object, optional, string, text, time, uuid } from '../../../http/schema.ts';
import { timestamp } from '../../../wire/time.ts';

export const walletUserRoutes = [
  route({
    method: 'POST',
    path: '/auth/users/register',
    operation: 'registerWalletUser',
    summary:
      'Register the subject of the token as a user; the same subject again is the same user, with 200.',
    auth: 'subject',
    scope: 'wallet:write',
    status: 201,
    bodyOptional: true,
    body: object({ display_name: optional(text()) }),
    reply: object({ user_id: uuid, auth0_id: string, created_at: time }),
    handle: async ({ api, call, body }) => {
      const { user, created } = await api.wallet.registerUser(
        call,
        defined({ displayName: body.display_name }),
      );
      return {
        status: created ? 201 : 200,
        data: { user_id: user.userId, auth0_id: user.subject, created_at: timestamp(user.createdAt) },
      };
    },
  }),
];
