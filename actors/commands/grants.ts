/** The grants by which end users get tokens. */
import { targetName } from '../../engine/accounts/target.ts';
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { normalEmail } from '../../engine/identity/contact.ts';
import type { UserRecord } from '../../engine/records.ts';
import { assertMethod, namedClient } from '../accounts/client.ts';
import { addressee, codeLock, spendWrites, tryCode, wrongCode } from '../accounts/codes.ts';
import { ownerOf } from '../accounts/find-user.ts';
import { refreshed } from '../accounts/refresh.ts';
import { signIn } from '../accounts/sign-in.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { assertNotLocked, failureWrites } from './attempts.ts';
import { signInGuesses } from './guesses.ts';

type Grants = Pick<EngineApi['accounts'], 'signInByPassword' | 'signInByCode' | 'refresh'>;

/** What wrong passwords of a user are counted under. */
export function passwordLock(tenantId: string, email: string): string {
  return `user/${tenantId}/${email}`;
}

export function grantCommands(context: Context): Grants {
  const { guarded, guesses, store } = context;
  return {
    async signInByPassword(call, input) {
      const through = await namedClient(context, call, input);
      assertMethod(through, 'password');
      const { tenantId } = through.tenant;
      const email = normalEmail(input.email);
      return guarded(passwordLock(tenantId, email), async (lock) => {
        await assertNotLocked(context, lock);
        const user = await guesses.guess(signInGuesses(call.address), () =>
          byPassword(context, tenantId, email, input.password),
        );
        if (user === null) {
          const { writes, audit } = await failureWrites(context, 'login', lock, call.actor, {
            target: addressee(context, `email/${email}`),
            address: call.address,
          });
          await store.commit({ tenantId, writes, audit });
          throw new ThenarError('invalid_grant', 'The e-mail or password is wrong.');
        }
        const spent = [{ delete: 'attempts', where: { target: lock } } as const];
        return signIn(context, call, through.client, user, { method: 'password', spent }).catch(refusedUser);
      });
    },
    async signInByCode(call, input) {
      const through = await namedClient(context, call, input);
      assertMethod(through, 'mobile' in input.target ? 'mobile_otp' : 'email_otp');
      const { tenantId } = through.tenant;
      const target = targetName(input.target);
      return guarded(codeLock(tenantId, target), async () => {
        const [record = null] = await store.list('oneTimeCodes', {
          where: { tenantId, purpose: 'login', target },
          order: [['createdAt', 'desc']],
          limit: 1,
        });
        const attempt = { tenantId, target, record, code: input.code, actor: call.actor };
        const right = await guesses.guess(signInGuesses(call.address), async () =>
          (await tryCode(context, attempt)) ? record : null,
        );
        if (right === null) throw wrongCode();
        const user = await ownerOf(context, tenantId, input.target);
        if (user === null || user.status !== 'active') throw wrongCode();
        const method = 'mobile' in input.target ? 'mobile_otp' : 'email_otp';
        const by = { method, spent: spendWrites(right) };
        return signIn(context, call, through.client, user, by).catch(refusedUser);
      });
    },
    async refresh(call, input) {
      const { client } = await namedClient(context, call, input);
      return refreshed(context, client, input.refreshToken);
    },
  };
}

/**
 * The user of that login and password, or null. One password is checked in every case, so that neither accounts nor
 * sign-ups that wait for their link show by the time it takes.
 * @throws ThenarError email_not_verified, to whoever knows the password of a sign-up that nobody confirmed
 */
async function byPassword(
  context: Context,
  tenantId: string,
  email: string,
  password: string,
): Promise<UserRecord | null> {
  const { clock, passwords, store } = context;
  const [credential, [signUp]] = await Promise.all([
    store.get('userCredentials', { tenantId, email }),
    store.list('accountLinks', {
      where: { tenantId, email, kind: 'verify_email', expiresAt: { gt: clock.now() } },
      order: [['createdAt', 'desc']],
      limit: 1,
    }),
  ]);
  const hash = credential?.passwordHash ?? signUp?.passwordHash ?? null;
  if (!(await passwords.verify(hash, password))) return null;
  if (credential === null) {
    throw new ThenarError(
      'email_not_verified',
      'Open the link in the mail that was sent to this address first.',
    );
  }
  return store.get('users', { tenantId, userId: credential.userId, status: 'active' });
}

/** A user who was suspended just now is let in no more than one who was before, and in the same words. */
function refusedUser(error: unknown): never {
  if (!isThenarError(error, 'user_suspended')) throw error;
  throw new ThenarError('invalid_grant', 'This user may not sign in.');
}
