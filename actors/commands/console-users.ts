/** People of the console: a tenant's own, or the platform's administrators. */

import { invitationMail } from '../../engine/accounts/messages.ts';
import { assertPassword } from '../../engine/accounts/password_rules.ts';
import { ThenarError } from '../../engine/errors.ts';
import { normalEmail } from '../../engine/identity/contact.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { ConsoleRole, ConsoleUserRecord } from '../../engine/records.ts';
import { newPassword } from '../../engine/secrets/generate.ts';
import { postMail } from '../accounts/post.ts';
import type { ConsoleOf, EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { assertNotLocked, noteFailure } from './attempts.ts';

export function consoleUserCommands(context: Context): EngineApi['consoleUsers'] {
  const { clock, guarded, random, store, views } = context;

  async function find(of: ConsoleOf, consoleUserId: string): Promise<ConsoleUserRecord> {
    const found = await store.get('consoleUsers', { tenantId: of, consoleUserId, status: 'active' });
    if (found === null) throw new ThenarError('console_user_not_found', 'There is no such console user.');
    return found;
  }

  return {
    list: (of, { page, pageSize }) =>
      store.page('consoleUsers', {
        where: { tenantId: of, status: 'active' },
        order: [
          ['createdAt', 'asc'],
          ['consoleUserId', 'asc'],
        ],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      }),
    async invite(call, of, { email: typed, name, role }) {
      assertRole(of, role);
      const email = normalEmail(typed);
      const password = newPassword(random);
      const row: ConsoleUserRecord = {
        consoleUserId: random.uuid(),
        tenantId: of,
        email,
        name,
        role,
        passwordHash: await context.passwords.hash(password),
        status: 'active',
        version: 1,
        createdAt: clock.now(),
      };
      const where = of === null ? 'Thenar' : views.tenant(of).name;
      const mail = invitationMail(where, `${context.deployment.publicUrl}/console/`, email, password);
      const tenantId = of ?? PLATFORM_TENANT;
      const posting = postMail(context, tenantId, email, mail, limits.invitation_life_s);
      await store.commit({
        tenantId,
        writes: [{ insert: 'consoleUsers', row, conflict: 'email_taken' }, ...posting.writes],
        audit: [
          {
            eventType: 'console_user_invited',
            severity: role === 'platform_admin' ? 'high' : 'info',
            actor: call.actor,
            details: { console_user_id: row.consoleUserId, email, role },
          },
        ],
      });
      posting.wake();
      return row;
    },
    async change(call, of, consoleUserId, input) {
      if (input.role !== undefined) assertRole(of, input.role);
      const before = await find(of, consoleUserId);
      const next = { ...before, ...input, version: before.version + 1 };
      const { role, name, version } = next;
      await store.commit({
        tenantId: of ?? PLATFORM_TENANT,
        writes: [
          ...(isAdministrator(before.role) && !isAdministrator(role) ? [anotherAdministrator(before)] : []),
          {
            update: 'consoleUsers',
            where: { tenantId: of, consoleUserId, status: 'active', version: before.version },
            set: { role, name, version },
            otherwise: 'version_conflict',
          },
        ],
        audit: [
          {
            eventType: role === before.role ? 'console_user_changed' : 'console_role_changed',
            severity: 'warning',
            actor: call.actor,
            details: { console_user_id: consoleUserId, from: before.role, to: role },
          },
        ],
      });
      return next;
    },
    async remove(call, of, consoleUserId) {
      const before = await find(of, consoleUserId);
      await store.commit({
        tenantId: of ?? PLATFORM_TENANT,
        writes: [
          ...(isAdministrator(before.role) ? [anotherAdministrator(before)] : []),
          {
            update: 'consoleUsers',
            where: { tenantId: of, consoleUserId, status: 'active' },
            set: { status: 'removed', version: before.version + 1 },
            otherwise: 'console_user_not_found',
          },
          { delete: 'consoleSessions', where: { consoleUserId } },
        ],
        audit: [
          {
            eventType: 'console_user_removed',
            severity: 'warning',
            actor: call.actor,
            details: { console_user_id: consoleUserId, email: before.email, role: before.role },
          },
        ],
      });
    },
    async changePassword(call, caller, { currentPassword, newPassword: wanted }) {
      const { tenantId, consoleUserId, sessionHash } = caller;
      const user = await find(tenantId, consoleUserId);
      await guarded(`login/${user.email}`, async (lock) => {
        await assertNotLocked(context, lock);
        if (await context.passwords.verify(user.passwordHash, currentPassword)) return;
        await noteFailure(context, 'login', lock, call.actor, { email: user.email, address: call.address });
        throw new ThenarError('invalid_credentials', 'The current password is wrong.');
      });
      const names = ['thenar', ...(tenantId === null ? [] : [views.tenant(tenantId).name])];
      assertPassword(wanted, { email: user.email, names }, 'new_password');
      const passwordHash = await context.passwords.hash(wanted);
      await store.commit({
        tenantId: tenantId ?? PLATFORM_TENANT,
        writes: [
          {
            update: 'consoleUsers',
            where: { consoleUserId, status: 'active', passwordHash: user.passwordHash },
            set: { passwordHash, version: user.version + 1 },
            otherwise: 'version_conflict',
          },
          { delete: 'consoleSessions', where: { consoleUserId, sessionHash: { not: sessionHash } } },
          { delete: 'attempts', where: { target: `login/${user.email}` } },
        ],
        audit: [
          {
            eventType: 'console_password_changed',
            severity: 'warning',
            actor: call.actor,
            details: { console_user_id: consoleUserId },
          },
        ],
      });
    },
  };
}

function isAdministrator(role: ConsoleRole): boolean {
  return role === 'tenant_admin' || role === 'platform_admin';
}

/** The platform's people are its administrators; no tenant has one. @throws ThenarError forbidden */
function assertRole(of: ConsoleOf, role: ConsoleRole): void {
  if ((of === null) === (role === 'platform_admin')) return;
  throw new ThenarError(
    'forbidden',
    'Only platform administrators have the role platform_admin, and no tenant.',
  );
}

/**
 * Somebody else must be able to administer. Commits of one tenant take effect one after the other, so two
 * administrators who take each other's role away at once cannot both find the other still there.
 */
function anotherAdministrator({ tenantId, consoleUserId, role }: ConsoleUserRecord): Write {
  return {
    check: 'consoleUsers',
    where: { tenantId, role, status: 'active', consoleUserId: { not: consoleUserId } },
    otherwise: 'last_administrator',
  };
}
