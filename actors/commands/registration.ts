/** Signing up by e-mail, and codes: whoever asks is answered the same, whether or not there is an account. */

import { alreadyRegisteredMail, verificationMail } from '../../engine/accounts/messages.ts';
import { assertPassword } from '../../engine/accounts/password_rules.ts';
import { targetName } from '../../engine/accounts/target.ts';
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { normalEmail } from '../../engine/identity/contact.ts';
import { limits } from '../../engine/limits.ts';
import { networkOf } from '../../engine/network.ts';
import type { AccountLinkRecord } from '../../engine/records.ts';
import { hashSecret, newOpaqueToken } from '../../engine/secrets/generate.ts';
import { assertMethod, namedClient } from '../accounts/client.ts';
import { addressee, newCode } from '../accounts/codes.ts';
import { findOrCreate, ownerOf } from '../accounts/find-user.ts';
import { postCode, postMail } from '../accounts/post.ts';
import type { SendLimits } from '../accounts/send-limits.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';

type Registration = Pick<EngineApi['accounts'], 'register' | 'verifyEmail' | 'sendCode'>;

export function registrationCommands(context: Context, sendLimits: SendLimits): Registration {
  const { clock, random, store } = context;
  return {
    async register(call, input) {
      const through = await namedClient(context, call, input);
      assertMethod(through, 'password');
      const { tenantId, name: tenantName } = through.tenant;
      const email = normalEmail(input.email);
      assertPassword(input.password, { email, names: [tenantName] }, 'password');
      sendLimits.take(tenantId, `email/${email}`, networkOf(call.address));
      // Hashed even when nothing will be kept: the time it takes is most of the answer's.
      const passwordHash = await context.passwords.hash(input.password);
      const existing = await store.get('userCredentials', { tenantId, email });
      const token = newOpaqueToken(random);
      const lifeS = limits.verify_link_life_s;
      const now = clock.now();
      const link: AccountLinkRecord = {
        tokenHash: hashSecret(token),
        tenantId,
        kind: 'verify_email',
        email,
        userId: null,
        name: input.name ?? null,
        passwordHash,
        createdAt: now,
        expiresAt: now + lifeS * 1000,
      };
      const address = `${context.deployment.publicUrl}/v1/auth/verify-email?token=${token}`;
      const mail =
        existing === null ? verificationMail(tenantName, address) : alreadyRegisteredMail(tenantName);
      const posting = postMail(context, tenantId, email, mail, lifeS);
      await store.commit({
        tenantId,
        writes: [
          ...(existing === null ? [{ insert: 'accountLinks', row: link } as const] : []),
          ...posting.writes,
        ],
        audit: [
          {
            eventType: 'signup_requested',
            actor: call.actor,
            details: { target: addressee(context, `email/${email}`), address: call.address },
          },
        ],
      });
      posting.wake();
    },
    async verifyEmail(call, token) {
      const link = await store.get('accountLinks', { tokenHash: hashSecret(token), kind: 'verify_email' });
      const now = clock.now();
      if (link === null || link.passwordHash === null || link.expiresAt <= now) throw linkInvalid();
      const { tenantId, email, passwordHash, tokenHash, name } = link;
      context.views.activeTenant(tenantId);
      try {
        const { user } = await findOrCreate(
          context,
          tenantId,
          { email },
          { name, actor: call.actor },
          ({ user: { userId } }) => ({
            writes: [
              { check: 'accountLinks', where: { tokenHash }, otherwise: 'link_invalid' },
              // Other sign-ups for the address, whose passwords somebody else may have chosen, are over with it.
              { delete: 'accountLinks', where: { tenantId, email, kind: 'verify_email' } },
              {
                insert: 'userCredentials',
                row: { userId, tenantId, email, passwordHash, createdAt: now, changedAt: now },
                conflict: 'link_invalid',
              },
            ],
            audit: [{ eventType: 'email_verified', actor: `user/${userId}`, userId }],
          }),
        );
        context.views.forgetUser(tenantId, user.userId);
      } catch (error) {
        if (isThenarError(error, 'link_invalid')) throw linkInvalid();
        throw error;
      }
      return { email };
    },
    async sendCode(call, input) {
      const through = await namedClient(context, call, input);
      const { target } = input;
      assertMethod(through, 'mobile' in target ? 'mobile_otp' : 'email_otp');
      const { tenant } = through;
      const { tenantId } = tenant;
      const named = targetName(target);
      sendLimits.take(tenantId, named, networkOf(call.address));
      const owner = await ownerOf(context, tenantId, target);
      // Without an account the same is made and kept, a code that nobody is told: tries of it are answered alike.
      const { code, writes } = newCode(context, {
        tenantId,
        purpose: 'login',
        target: named,
        deviceId: null,
      });
      const posting = postCode(context, tenant, target, code);
      const known = owner?.status === 'active';
      await store.commit({
        tenantId,
        writes: [...writes, ...(known ? posting.writes : [])],
        audit: [
          {
            eventType: 'code_sent',
            actor: call.actor,
            userId: known ? owner.userId : null,
            details: { target: addressee(context, named), known, address: call.address },
          },
        ],
      });
      if (known) posting.wake();
      return { expiresInS: limits.one_time_code_life_s };
    },
  };
}

export function linkInvalid(): ThenarError {
  return new ThenarError('link_invalid', 'This token is unknown, used or has expired.');
}
