/** `thenar admin`: speaks to the running engine as an administrator would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ThenarError } from '../../engine/errors.ts';
import { addSettings, readSettings } from './flags.ts';

interface Login {
  readonly cookie: string;
  readonly csrfToken: string;
  readonly baseUrl: string;
}

export function adminCommands(program: Command): void {
  const admin = program.command('admin').description('administer a running engine');
  addSettings(
    admin
      .command('create-tenant <name> <admin-email>')
      .description('create a tenant; prints it with the first password of its administrator')
      .option('--url <URL>', 'public listener', 'http://127.0.0.1:8080')
      .option('--region <REGION>', 'where the tenant lives'),
  ).action(async (name: string, adminEmail: string, options: Record<string, string | undefined>) => {
    const login = await signIn(options);
    const reply = await post(login, '/v1/admin/tenants', {
      name,
      admin_email: adminEmail,
      ...(options['region'] === undefined ? {} : { region: options['region'] }),
    });
    process.stdout.write(`${JSON.stringify(reply['data'], null, 2)}\n`);
  });
}

/** Credentials of the platform administrator: from the settings, else from the bootstrap file. */
async function signIn(options: Readonly<Record<string, string | undefined>>): Promise<Login> {
  const config = readSettings(options, process.env);
  const baseUrl = options['url'] ?? 'http://127.0.0.1:8080';
  const credentials =
    config.adminEmail !== null && config.adminPassword !== null
      ? { email: config.adminEmail, password: config.adminPassword }
      : readBootstrap(config.dataDir);
  const response = await fetch(new URL('/v1/console/login', baseUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  });
  const body = (await response.json()) as { message?: string; data?: { csrf_token: string } };
  if (!response.ok || body.data === undefined) {
    throw new ThenarError('invalid_credentials', body.message ?? `The engine answered ${response.status}.`);
  }
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return { cookie, csrfToken: body.data.csrf_token, baseUrl };
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

async function post(login: Login, path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(path, login.baseUrl), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      cookie: login.cookie,
      'x-csrf-token': login.csrfToken,
    },
    body: JSON.stringify(body),
  });
  const reply = (await response.json()) as Record<string, unknown>;
  if (!response.ok)
    throw new ThenarError('conflict', String(reply['message'] ?? `status ${response.status}`));
  return reply;
}
