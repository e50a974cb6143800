/** Environment and flags → typed, validated configuration. A wrong value is one clear error naming it. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import type { FacetecConfig } from './face/facetec.ts';
import type { NafathConfig } from './kyc/nafath.ts';
import { parsedUrl } from './outbound/url.ts';
import type { PalmModel } from './palm/types.ts';
import { readTracing, type TracingConfig } from './trace/config.ts';

export interface Config {
  readonly dataDir: string;
  readonly host: string;
  readonly publicPort: number;
  readonly devicePort: number;
  readonly opsPort: number;
  /** `auto`, `node`, `uws`, or the folder of a copy of uWebSockets.js; serves the public listener. */
  readonly httpDriver: string;
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** 32 bytes; null: kept in the data dir. */
  readonly masterKey: Uint8Array | null;
  /** Issuer and links; null: the issuer is a constant kept with the deployment. */
  readonly publicUrl: string | null;
  readonly adminEmail: string | null;
  readonly adminPassword: string | null;
  readonly opsToken: string | null;
  readonly webhookAllowPrivate: boolean;
  /** Palm model of a deployment that is being made; null: large. A deployment that exists keeps its own. */
  readonly palmModel: PalmModel | null;
  readonly kyc: {
    /** Whether the development provider, which verifies everybody, is there. */
    readonly mock: boolean;
    /** Signs the mock's callbacks; null: it verifies at once. */
    readonly mockSecret: string | null;
    readonly nafath: NafathConfig | null;
  };
  readonly face: {
    /** Who takes new faces of wallet users; `reference` is for development. */
    readonly vendor: 'reference' | 'facetec';
    readonly facetec: FacetecConfig | null;
  };
  /** Null: mails go to the outbox of the ops listener. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string | null;
  /** Null: text messages go to the outbox of the ops listener. */
  readonly smsUrl: string | null;
  readonly smsToken: string | null;
  /** Matching threads; null: by the number of cores. */
  readonly workers: number | null;
  /** Bytes that loaded indexes may take; null: a share of what there is. */
  readonly indexMemory: number | null;
  /** Null: nobody traces. */
  readonly tracing: TracingConfig | null;
}

export { ConfigError };

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param environment process environment with flags already laid over it
 * @throws ConfigError naming the setting that is wrong
 */
export function readConfig(environment: Environment, isRoot = process.getuid?.() === 0): Config {
  const text = (name: string): string | null => {
    const value = environment[name]?.trim();
    return value === undefined || value === '' ? null : value;
  };
  const host = text('THENAR_HOST') ?? '127.0.0.1';
  if (isIP(host) === 0 && !/^[a-zA-Z0-9.-]+$/.test(host)) {
    throw new ConfigError(`THENAR_HOST must be an address or a host name, not ${JSON.stringify(host)}.`);
  }
  return {
    dataDir: resolve(text('THENAR_DATA_DIR') ?? (isRoot ? '/var/lib/thenar' : 'data')),
    host,
    publicPort: port('THENAR_PUBLIC_PORT', text('THENAR_PUBLIC_PORT'), 8080),
    devicePort: port('THENAR_DEVICE_PORT', text('THENAR_DEVICE_PORT'), 8443),
    opsPort: port('THENAR_OPS_PORT', text('THENAR_OPS_PORT'), 9090),
    httpDriver: httpDriver(text('THENAR_HTTP_DRIVER')),
    databaseUrl: url('DATABASE_URL', text('DATABASE_URL'), ['postgres:', 'postgresql:']),
    redisUrl: url('REDIS_URL', text('REDIS_URL'), ['redis:', 'rediss:']),
    logLevel: logLevel(text('THENAR_LOG_LEVEL')),
    masterKey: masterKey(text('THENAR_MASTER_KEY')),
    publicUrl:
      url('THENAR_PUBLIC_URL', text('THENAR_PUBLIC_URL'), ['http:', 'https:'])?.replace(/\/+$/, '') ?? null,
    adminEmail: email(text('THENAR_ADMIN_EMAIL')),
    adminPassword: password(text('THENAR_ADMIN_PASSWORD')),
    opsToken: text('THENAR_OPS_TOKEN'),
    webhookAllowPrivate: flag('THENAR_WEBHOOK_ALLOW_PRIVATE', text('THENAR_WEBHOOK_ALLOW_PRIVATE')),
    palmModel: palmModel(text('THENAR_PALM_MODEL')),
    kyc: {
      mock: flag('THENAR_KYC_MOCK', text('THENAR_KYC_MOCK') ?? '1'),
      mockSecret: secret('THENAR_KYC_MOCK_SECRET', text('THENAR_KYC_MOCK_SECRET')),
      nafath: nafath(text),
    },
    face: face(text),
    ...mail(text('THENAR_SMTP_URL'), text('THENAR_MAIL_FROM')),
    smsUrl: url('THENAR_SMS_URL', text('THENAR_SMS_URL'), ['http:', 'https:']),
    smsToken: text('THENAR_SMS_TOKEN'),
    workers: count('THENAR_WORKERS', text('THENAR_WORKERS'), 64),
    indexMemory: megabytes(count('THENAR_INDEX_MEMORY_MB', text('THENAR_INDEX_MEMORY_MB'), 4_194_304)),
    tracing: readTracing(text),
  };
}

function mail(smtpUrl: string | null, mailFrom: string | null): Pick<Config, 'smtpUrl' | 'mailFrom'> {
  url('THENAR_SMTP_URL', smtpUrl, ['smtp:', 'smtps:']);
  if (smtpUrl !== null && (mailFrom === null || !/^[^@\r\n]+@[^\s@]+$/.test(mailFrom))) {
    throw new ConfigError('THENAR_MAIL_FROM must be an e-mail address when THENAR_SMTP_URL is set.');
  }
  return { smtpUrl, mailFrom };
}

function port(name: string, value: string | null, otherwise: number): number {
  if (value === null) return otherwise;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535) {
    throw new ConfigError(`${name} must be a port from 0 to 65535, not ${JSON.stringify(value)}.`);
  }
  return number;
}

function httpDriver(value: string | null): string {
  if (value === null || value === 'auto' || value === 'node' || value === 'uws') return value ?? 'auto';
  if (value.includes('/')) return resolve(value);
  throw new ConfigError(
    `THENAR_HTTP_DRIVER must be auto, node, uws or a folder, not ${JSON.stringify(value)}.`,
  );
}

function url(name: string, value: string | null, protocols: readonly string[]): string | null {
  if (value === null) return null;
  const parsed = parsedUrl(value);
  if (parsed === null || !protocols.includes(parsed.protocol)) {
    throw new ConfigError(
      `${name} must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}.`,
    );
  }
  return value;
}

function logLevel(value: string | null): Config['logLevel'] {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
  const level = levels.find((name) => name === (value ?? 'info'));
  if (level === undefined) {
    throw new ConfigError(
      `THENAR_LOG_LEVEL must be one of ${levels.join(', ')}, not ${JSON.stringify(value)}.`,
    );
  }
  return level;
}

function masterKey(value: string | null): Uint8Array | null {
  if (value === null) return null;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64').replace(/=+$/, '') !== value.replace(/=+$/, '')) {
    throw new ConfigError('THENAR_MASTER_KEY must be 32 bytes in base64.');
  }
  return bytes;
}

function email(value: string | null): string | null {
  if (value !== null && !/^[^\s@]+@[^\s@]+$/.test(value)) {
    throw new ConfigError(`THENAR_ADMIN_EMAIL must be an e-mail address, not ${JSON.stringify(value)}.`);
  }
  return value;
}

function password(value: string | null): string | null {
  if (value !== null && value.length < 12) {
    throw new ConfigError('THENAR_ADMIN_PASSWORD must have at least 12 characters.');
  }
  return value;
}

function flag(name: string, value: string | null): boolean {
  if (value === null || value === '0' || value === 'false') return false;
  if (value === '1' || value === 'true') return true;
  throw new ConfigError(`${name} must be 0 or 1, not ${JSON.stringify(value)}.`);
}

/** As Standard Webhooks writes them: an empty or short key would let anybody sign. */
function secret(name: string, value: string | null): string | null {
  if (value === null) return null;
  const key = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(value)?.[1] ?? '';
  if (Buffer.from(key, 'base64').length >= 24) return value;
  throw new ConfigError(`${name} must be whsec_ and at least 24 bytes in base64.`);
}

function nafath(text: (name: string) => string | null): NafathConfig | null {
  const names = ['URL', 'APP_ID', 'APP_KEY', 'SECRET'].map((part) => `THENAR_KYC_NAFATH_${part}`);
  const given = names.filter((name) => text(name) !== null);
  if (given.length === 0) return null;
  const need = (name: string): string => {
    const value = text(name);
    if (value === null) throw new ConfigError(`${name} must be set when ${given[0]} is.`);
    return value;
  };
  const [base = '', appId = '', appKey = '', signing = ''] = names.map(need);
  url('THENAR_KYC_NAFATH_URL', base, ['http:', 'https:']);
  secret('THENAR_KYC_NAFATH_SECRET', signing);
  for (const [name, value] of [
    [names[1], appId],
    [names[2], appKey],
  ]) {
    if (!/^[\x21-\x7e]+$/.test(value ?? '')) throw new ConfigError(`${name} must be printable ASCII.`);
  }
  return { url: base.replace(/\/+$/, ''), appId, appKey, secret: signing };
}

function face(text: (name: string) => string | null): Config['face'] {
  const vendor = text('THENAR_FACE_VENDOR') ?? 'reference';
  if (vendor !== 'reference' && vendor !== 'facetec') {
    throw new ConfigError(`THENAR_FACE_VENDOR must be reference or facetec, not ${JSON.stringify(vendor)}.`);
  }
  const base = url('THENAR_FACETEC_URL', text('THENAR_FACETEC_URL'), ['http:', 'https:']);
  const deviceKey = text('THENAR_FACETEC_DEVICE_KEY');
  if (base === null && deviceKey === null) {
    if (vendor === 'facetec') throw new ConfigError('THENAR_FACETEC_URL must be set for that face vendor.');
    return { vendor, facetec: null };
  }
  if (base === null)
    throw new ConfigError('THENAR_FACETEC_URL must be set when THENAR_FACETEC_DEVICE_KEY is.');
  if (deviceKey === null || !/^[\x21-\x7e]+$/.test(deviceKey) || deviceKey.length > 256) {
    throw new ConfigError(
      'THENAR_FACETEC_DEVICE_KEY must be printable ASCII when THENAR_FACETEC_URL is set.',
    );
  }
  return { vendor, facetec: { url: base.replace(/\/+$/, ''), deviceKey } };
}

function palmModel(value: string | null): PalmModel | null {
  if (value === null || value === 'small' || value === 'large') return value;
  throw new ConfigError(`THENAR_PALM_MODEL must be small or large, not ${JSON.stringify(value)}.`);
}

function count(name: string, value: string | null, most: number): number | null {
  if (value === null) return null;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > most) {
    throw new ConfigError(`${name} must be from 1 to ${most}, not ${JSON.stringify(value)}.`);
  }
  return number;
}

function megabytes(value: number | null): number | null {
  return value === null ? null : value * 1024 * 1024;
}
