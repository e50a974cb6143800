/** The first platform administrator. */
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import { newPassword } from '../../engine/secrets/generate.ts';
import type { Context } from '../context.ts';

/** Credentials when they were made now, null when an administrator is there already. */
export async function ensureAdministrator(
  context: Context,
): Promise<{ readonly email: string; readonly password: string } | null> {
  const { config, random, store } = context;
  if ((await store.count('consoleUsers', { role: 'platform_admin', status: 'active' })) > 0) return null;
  const email = (config.adminEmail ?? 'admin@thenar.local').toLowerCase();
  const password = config.adminPassword ?? newPassword(random);
  const passwordHash = await context.passwords.hash(password);
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [
      {
        insert: 'consoleUsers',
        row: {
          consoleUserId: random.uuid(),
          tenantId: null,
          email,
          name: null,
          role: 'platform_admin',
          passwordHash,
          status: 'active',
          version: 1,
          createdAt: context.clock.now(),
        },
      },
    ],
    audit: [
      { eventType: 'platform_administrator_created', severity: 'high', actor: 'engine', details: { email } },
    ],
  });
  return { email, password };
}
