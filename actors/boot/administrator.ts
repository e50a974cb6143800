/** The first platform administrator. */
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import { newPassword } from '../../engine/secrets/generate.ts';
import type { Context } from '../context.ts';

/**
 * Makes the first administrator. Credentials that the engine chose are announced before the commit: a crash in
 * between leaves a note of an account that the next start makes anew, never an account that nobody can enter.
 */
export async function ensureAdministrator(
  context: Context,
  announce: (credentials: { readonly email: string; readonly password: string }) => void,
): Promise<void> {
  const { config, random, store } = context;
  if ((await store.count('consoleUsers', { role: 'platform_admin', status: 'active' })) > 0) return;
  const email = (config.adminEmail ?? 'admin@thenar.local').toLowerCase();
  const password = config.adminPassword ?? newPassword(random);
  if (config.adminPassword === null) announce({ email, password });
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
}
