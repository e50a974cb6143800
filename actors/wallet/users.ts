/** Which user a token's subject is, read once from its row: every request of a wallet asks. */
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { RecentMap } from '../../engine/recent.ts';
import type { UserStatus } from '../../engine/records.ts';
import type { Context } from '../context.ts';

export interface TokenSubject {
  readonly tenantId: string;
  readonly issuer: string;
  readonly subject: string;
}

export class WalletUsers {
  readonly #userIds = new RecentMap<string, string>(limits.wallet_users_cached_max);

  /** Null: nobody, or somebody who was erased since. */
  async find(
    context: Pick<Context, 'store' | 'views'>,
    { tenantId, issuer, subject }: TokenSubject,
  ): Promise<{ readonly userId: string; readonly status: UserStatus } | null> {
    const key = JSON.stringify([tenantId, issuer, subject]);
    const cached = this.#userIds.get(key);
    const userId =
      cached ?? (await context.store.get('walletUsers', { tenantId, issuer, subject }))?.userId ?? null;
    if (userId === null) return null;
    try {
      const { user } = await context.views.user(tenantId, { userId });
      this.#userIds.set(key, userId);
      return { userId, status: user.status };
    } catch (error) {
      if (!isThenarError(error, 'user_not_found')) throw error;
      this.#userIds.delete(key);
      // The subject may have registered anew since this was remembered.
      return cached === undefined ? null : this.find(context, { tenantId, issuer, subject });
    }
  }
}
