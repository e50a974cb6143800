/** TLS material of the device listener: a certificate of the platform CA, and ticket keys that outlive restarts. */
import { hostname } from 'node:os';
import type { Context } from '../../actors/context.ts';
import { issueServerCertificate } from '../../engine/pki/certificate.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { DeviceTls } from '../scanner/tls.ts';

const TICKET_KEYS = 'tls_ticket_keys';
const TICKET_KEY_BYTES = 48;

export async function deviceTls(context: Context): Promise<DeviceTls> {
  const { authority, clock, config, random } = context;
  const names = [...new Set(['localhost', '127.0.0.1', '::1', hostname(), namedHost(config.host)])];
  const issued = await issueServerCertificate(authority, {
    names: names.filter((name) => name !== ''),
    now: clock.now(),
    random,
  });
  return {
    caPem: [authority.certificatePem],
    certPem: `${issued.pem.trim()}\n${authority.certificatePem}`,
    keyPem: issued.privateKeyPem,
    ticketKeys: await ticketKeys(context),
  };
}

/** An address that stands for all of the machine's is no name to connect to. */
function namedHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '' : host;
}

/** Sealed in the settings, so that a scanner resumes its TLS session after a restart. */
async function ticketKeys(context: Context): Promise<Uint8Array> {
  const { random, sealer, store } = context;
  const kept = await store.get('settings', { name: TICKET_KEYS });
  if (kept !== null) return sealer.open(Buffer.from(String(kept.value), 'base64'), TICKET_KEYS);
  const keys = random.bytes(TICKET_KEY_BYTES);
  const value = Buffer.from(sealer.seal(keys, TICKET_KEYS)).toString('base64');
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ insert: 'settings', row: { name: TICKET_KEYS, value, version: 1 } }],
  });
  return keys;
}
