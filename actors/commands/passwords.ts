/** Passwords of end users: set anew by a mailed token, or changed by who knows the old one. */

import { passwordChangedMail, resetMail } from '../../engine/accounts/messages.ts';
import { assertPassword } from '../../engine/accounts/password_rules.ts';
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { normalEmail } from '../../engine/identity/contact.ts';
import { limits } from '../../engine/limits.ts';
import { networkOf } from '../../engine/network.ts';
import type { Write } from '../../engine/ports.ts';
import type { UserCredentialRecord, UserRecord } from '../../engine/records.ts';
import { hashSecret, newOpaqueToken } from '../../engine/secrets/generate.ts';
import { assertMethod, namedClient } from '../accounts/client.ts';
import { addressee } from '../accounts/codes.ts';
import { ownerOf } from '../accounts/find-user.ts';
import { endSessionsWrites } from '../accounts/live-sessions.ts';
import { postMail } from '../accounts/post.ts';
import type { SendLimits } from '../accounts/send-limits.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { assertNotLocked, failureWrites } from './attempts.ts';
import { passwordLock } from './grants.ts';
import { linkInvalid } from './registration.ts';

type PasswordApi = Pick<EngineApi['accounts'], 'requestPasswordReset' | 'resetPassword' | 'changePassword'>;

export function passwordCommands(context: Context, sendLimits: SendLimits): PasswordApi {
  const { clock, guarded, random, store, views } = context;

  /** The commit after which only the new password works, and everybody signs in again. */
  async function setPassword(
    user: Pick<UserRecord, 'tenantId' | 'userId'>,
    email: string,
    newPassword: string,
    more: { readonly writes: readonly Write[]; readonly eventType: string; readonly actor: string },
  ): Promise<void> {
    const { tenantId, userId } = user;
    const { name } = views.activeTenant(tenantId);
    const passwordHash = await context.passwords.hash(newPassword);
    const now = clock.now();
    const row: UserCredentialRecord = {
      userId,
      tenantId,
      email,
      passwordHash,
      createdAt: now,
      changedAt: now,
    };
    const posting = postMail(context, tenantId, email, passwordChangedMail(name), limits.verify_link_life_s);
    await store.commit({
      tenantId,
      writes: [
        { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
        ...more.writes,
        { upsert: 'userCredentials', row },
        { delete: 'accountLinks', where: { tenantId, userId } },
        ...endSessionsWrites(tenantId, userId),
        { delete: 'attempts', where: { target: passwordLock(tenantId, email) } },
        ...posting.writes,
      ],
      audit: [{ eventType: more.eventType, severity: 'warning', actor: more.actor, userId }],
    });
    context.liveSessions.forget(tenantId, userId);
    posting.wake();
  }

  return {
    async requestPasswordReset(call, input) {
      const through = await namedClient(context, call, input);
      assertMethod(through, 'password');
      const { tenantId, name } = through.tenant;
      const email = normalEmail(input.email);
      sendLimits.take(tenantId, `email/${email}`, networkOf(call.address));
      const userId = await accountOf(context, tenantId, email);
      const token = newOpaqueToken(random);
      const lifeS = limits.reset_link_life_s;
      const now = clock.now();
      const posting = postMail(context, tenantId, email, resetMail(name, token, lifeS / 60), lifeS);
      const writes: readonly Write[] = [
        {
          insert: 'accountLinks',
          row: {
            tokenHash: hashSecret(token),
            tenantId,
            kind: 'reset_password',
            email,
            userId,
            name: null,
            passwordHash: null,
            createdAt: now,
            expiresAt: now + lifeS * 1000,
          },
        },
        ...posting.writes,
      ];
      await store.commit({
        tenantId,
        writes: userId === null ? [] : writes,
        audit: [
          {
            eventType: 'password_reset_requested',
            actor: call.actor,
            userId,
            details: { target: addressee(context, `email/${email}`), address: call.address },
          },
        ],
      });
      if (userId !== null) posting.wake();
    },
    async resetPassword(_call, { token, newPassword }) {
      const tokenHash = hashSecret(token);
      const link = await store.get('accountLinks', { tokenHash, kind: 'reset_password' });
      if (link === null || link.userId === null || link.expiresAt <= clock.now()) throw linkInvalid();
      const { tenantId, email, userId } = link;
      const names = [views.activeTenant(tenantId).name];
      assertPassword(newPassword, { email, names }, 'new_password');
      try {
        await setPassword({ tenantId, userId }, email, newPassword, {
          writes: [{ check: 'accountLinks', where: { tokenHash }, otherwise: 'link_invalid' }],
          eventType: 'user_password_reset',
          actor: `user/${userId}`,
        });
      } catch (error) {
        if (isThenarError(error, 'link_invalid', 'user_suspended', 'conflict')) throw linkInvalid();
        throw error;
      }
    },
    async changePassword(call, { currentPassword, newPassword }) {
      const { tenantId, userId } = call;
      const credential = await store.get('userCredentials', { tenantId, userId });
      if (credential === null) {
        throw new ThenarError('conflict', 'This account has no password yet; ask for a reset to set one.');
      }
      const { email } = credential;
      const names = [views.activeTenant(tenantId).name];
      await guarded(passwordLock(tenantId, email), async (lock) => {
        await assertNotLocked(context, lock);
        if (await context.passwords.verify(credential.passwordHash, currentPassword)) return;
        const { writes, audit } = await failureWrites(context, 'login', lock, call.actor, {
          target: addressee(context, `email/${email}`),
        });
        await store.commit({ tenantId, writes, audit });
        throw new ThenarError('invalid_credentials', 'The current password is wrong.');
      });
      assertPassword(newPassword, { email, names }, 'new_password');
      await setPassword({ tenantId, userId }, email, newPassword, {
        // The password that was just proven, and not one that was set meanwhile.
        writes: [
          {
            check: 'userCredentials',
            where: { userId, passwordHash: credential.passwordHash },
            otherwise: 'version_conflict',
          },
        ],
        eventType: 'user_password_changed',
        actor: call.actor,
      });
    },
  };
}

/** The active user who signs in with that address, by a password already or with a first one to come. */
async function accountOf(context: Context, tenantId: string, email: string): Promise<string | null> {
  const { store } = context;
  const credential = await store.get('userCredentials', { tenantId, email });
  const user =
    credential === null
      ? await ownerOf(context, tenantId, { email })
      : await store.get('users', { tenantId, userId: credential.userId });
  return user?.status === 'active' ? user.userId : null;
}
