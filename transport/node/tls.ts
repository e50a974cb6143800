/** TLS material of the listeners: of the device listener always of the platform CA, of the public one the operator's. */
import { hostname } from 'node:os';
import type { Context } from '../../actors/context.ts';
import { keepCertificate, keptCertificate } from '../../actors/tls/listener_certificate.ts';
import type { ServerCertificate } from '../../actors/tls/state.ts';
import { ticketKeys } from '../../actors/tls/tickets.ts';
import { issueServerCertificate } from '../../engine/pki/certificate.ts';
import { chainPem } from '../../engine/pki/pem.ts';
import type { TlsMaterial } from '../http/drivers/choose.ts';
import type { DeviceTls } from '../scanner/tls.ts';

/** The device listener's own certificate, with its chain and its key. */
export interface OwnCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Made anew when its CA or its names are others than those of the one that is kept, or half of its life is over. */
export async function ownCertificate(context: Context): Promise<OwnCertificate> {
  const { clock, config, random, tls } = context;
  const { shown } = tls.authorities;
  const all = ['localhost', '127.0.0.1', '::1', hostname(), namedHost(config.host)];
  const names = [...new Set(all)].filter((name) => name !== '');
  const kept = await keptCertificate(context, shown.fingerprint, names);
  if (kept !== null) return kept;
  const issued = await issueServerCertificate(shown, { names, now: clock.now(), random });
  const made = { certPem: chainPem(issued.pem, shown.certificatePem), keyPem: issued.privateKeyPem };
  await keepCertificate(context, shown.fingerprint, names, made);
  return made;
}
/** What the device listener works with, by the CAs and the uploaded certificate as they are now. */
export async function deviceTls(context: Context, own: OwnCertificate): Promise<DeviceTls> {
  const { authorities, serverCertificate } = context.tls;
  return {
    ...own,
    caPem: authorities.trusted.map(({ certificatePem }) => certificatePem),
    ticketKeys: await ticketKeys(context, 'device'),
    ...(serverCertificate === null ? {} : { named: [namedMaterial(serverCertificate)] }),
  };
}

/** An address that stands for all of the machine's is no name to connect to. */
function namedHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '' : host;
}

/** An uploaded certificate is shown on the device listener only to whoever asks for one of its names. */
function namedMaterial({ facts, certificatePem, keyPem }: ServerCertificate) {
  return { names: facts.names, certPem: certificatePem, keyPem };
}

/** What the public listener works with once there is a certificate. */
export async function publicTls(context: Context, certificate: ServerCertificate): Promise<TlsMaterial> {
  const { certificatePem, keyPem } = certificate;
  return { certificatePem, keyPem, ticketKeys: await ticketKeys(context, 'public') };
}
