/** The uploaded certificate of the public listener, taken up at start. */
import { certificateFacts } from '../../engine/pki/facts.ts';
import { decodePem } from '../../engine/pki/pem.ts';
import { type ServerUpload, serverKeyPem } from '../../engine/pki/serverUpload.ts';
import type { Clock, Log, Sealer, Store } from '../../engine/ports.ts';
import type { ServerCertificateRecord } from '../../engine/records.ts';
import type { ServerCertificate } from '../tls/state.ts';

const PLACE = 'server_certificates|public|private_key';

/** One that has run out is served all the same: a console that warns is better than one that is not there. */
export async function openServerCertificate(ports: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<ServerCertificate | null> {
  const { store, sealer, clock, log } = ports;
  const row = await store.get('serverCertificates', { listener: 'public' });
  if (row === null) return null;
  const [leaf] = decodePem(row.certificatePem, 'CERTIFICATE') ?? [];
  const facts = certificateFacts(leaf ?? new Uint8Array());
  if (facts.notAfter < clock.now()) {
    const { subject, fingerprint } = facts;
    const expired = new Date(facts.notAfter).toISOString();
    log.warn({ subject, fingerprint, expired }, 'the server certificate has run out; upload a new one');
  }
  const { certificatePem, privateKey, uploadedAt, version } = row;
  return { facts, certificatePem, keyPem: serverKeyPem(sealer.open(privateKey, PLACE)), uploadedAt, version };
}

export function serverCertificateRow(
  sealer: Sealer,
  { facts, certificatePem, privateKeyPkcs8 }: ServerUpload,
  at: { readonly now: number; readonly version: number },
): ServerCertificateRecord {
  return {
    listener: 'public',
    certificatePem,
    privateKey: sealer.seal(privateKeyPkcs8, PLACE),
    fingerprint: facts.fingerprint,
    uploadedAt: at.now,
    version: at.version,
  };
}
