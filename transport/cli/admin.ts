/** `thenar admin`: what an administrator does from the command line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ThenarError } from '../../engine/errors.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import { newPassword } from '../../engine/secrets/generate.ts';
import { Passwords } from '../../engine/secrets/passwords.ts';
import { systemRandom } from '../../engine/system.ts';
import { changeMasterKey, openStorage } from '../node/storage.ts';
import { type EngineRequest, engineRequests } from './engine.ts';
import { addSettings, readSettings } from './flags.ts';
import { createLog } from './log.ts';

interface Login {
  readonly cookie: string;
  readonly csrfToken: string;
  readonly send: EngineRequest;
}

export function adminCommands(program: Command): void {
  const admin = program.command('admin').description('administer a running engine');
  addSettings(
    admin
      .command('create-tenant <name> <admin-email>')
      .description('create a tenant; prints it with the first password of its administrator')
      .option('--url <URL>', 'public listener (default: of the engine that runs on the data dir)')
      .option('--region <REGION>', 'where the tenant lives'),
  ).action(async (name: string, adminEmail: string, options: Record<string, string | undefined>) => {
    const login = await signIn(options);
    const reply = await post(login, '/v1/admin/tenants', {
      name,
      admin_email: adminEmail,
      ...(options.region === undefined ? {} : { region: options.region }),
    });
    process.stdout.write(`${JSON.stringify(reply.data, null, 2)}\n`);
  });
  addSettings(
    admin
      .command('rotate-keys')
      .description('make a new token signing key: published at once, it signs some minutes later')
      .option('--url <URL>', 'public listener (default: of the engine that runs on the data dir)'),
  ).action(async (options: Record<string, string | undefined>) => {
    const reply = await post(await signIn(options), '/v1/admin/keys/rotate');
    process.stdout.write(`${JSON.stringify(reply.data, null, 2)}\n`);
  });
  addSettings(
    admin
      .command('rotate-master-key')
      .description(
        'put every key under a new master key; the engine must be stopped; after a kill, ask again',
      )
      .option('--new-key-file <FILE>', 'holds the new key, 32 bytes in base64 (or THENAR_NEW_MASTER_KEY)'),
  ).action((options: Record<string, string | undefined>) => rotateMasterKey(options));
  addSettings(
    admin
      .command('reset-password <email>')
      .description('give a console user a new password and end their sessions; the engine must be stopped'),
  ).action((email: string, options: Record<string, unknown>) => resetPassword(email, options));
}

async function rotateMasterKey(options: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readSettings(options, process.env);
  const given = { file: options.newKeyFile ?? null, text: process.env.THENAR_NEW_MASTER_KEY ?? null };
  const { keptIn } = await changeMasterKey(config, createLog(config.logLevel), given, (progress) => {
    process.stderr.write(`${progress.step} ${progress.done}/${progress.total}\n`);
  });
  process.stdout.write(`${JSON.stringify({ rotated: true, master_key: keptIn ?? 'as given' }, null, 2)}\n`);
}

/** Writes straight into storage, for whoever can log in nowhere any more; so the engine must not be running on it. */
async function resetPassword(email: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  const config = readSettings(options, process.env);
  const { store, close } = await openStorage(config, createLog(config.logLevel));
  try {
    const user = await store.get('consoleUsers', { email: email.trim().toLowerCase(), status: 'active' });
    if (user === null) throw new ThenarError('not_found', `There is no console user ${email}.`);
    const password = newPassword(systemRandom);
    const { consoleUserId, tenantId } = user;
    await store.commit({
      tenantId: tenantId ?? PLATFORM_TENANT,
      writes: [
        {
          update: 'consoleUsers',
          where: { consoleUserId },
          set: { passwordHash: await new Passwords().hash(password), version: user.version + 1 },
        },
        { delete: 'consoleSessions', where: { consoleUserId } },
        { delete: 'attempts', where: { target: `login/${user.email}` } },
      ],
      audit: [
        {
          eventType: 'console_password_reset',
          severity: 'high',
          actor: 'command-line',
          details: { console_user_id: consoleUserId },
        },
      ],
    });
    process.stdout.write(`${JSON.stringify({ email: user.email, password }, null, 2)}\n`);
  } finally {
    await close();
  }
}

/** Credentials of the platform administrator: from the settings, else from the bootstrap file. */
async function signIn(options: Readonly<Record<string, string | undefined>>): Promise<Login> {
  const config = readSettings(options, process.env);
  const send = engineRequests(config.dataDir, options.url);
  const credentials =
    config.adminEmail !== null && config.adminPassword !== null
      ? { email: config.adminEmail, password: config.adminPassword }
      : readBootstrap(config.dataDir);
  const { status, cookies, body } = await send('/v1/console/login', {}, credentials);
  const { message, data } = body as { message?: string; data?: { csrf_token: string } };
  if (status >= 300 || data === undefined) {
    throw new ThenarError('invalid_credentials', message ?? `The engine answered ${status}.`);
  }
  return { cookie: cookies[0]?.split(';')[0] ?? '', csrfToken: data.csrf_token, send };
}

function readBootstrap(dataDir: string): { email: string; password: string } {
  const file = join(dataDir, 'bootstrap.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { email: string; password: string };
  } catch {
    throw new ThenarError(
      'invalid_credentials',
      `Set THENAR_ADMIN_EMAIL and THENAR_ADMIN_PASSWORD, or name the data dir that holds bootstrap.json (${file}).`,
    );
  }
}

async function post(login: Login, path: string, body: unknown = {}): Promise<Record<string, unknown>> {
  const headers = { cookie: login.cookie, 'x-csrf-token': login.csrfToken };
  const { status, body: reply } = await login.send(path, headers, body);
  if (status >= 300) throw new ThenarError('conflict', String(reply.message ?? `status ${status}`));
  return reply;
}
