/** TLS administration: the public listener's certificate, the device policy, and how far the set-up is. */
import { ThenarError } from '../../engine/errors.ts';
import { readServerUpload, serverKeyPem } from '../../engine/pki/serverUpload.ts';
import { PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { TlsApi } from '../api/tls.ts';
import { serverCertificateRow } from '../boot/server_certificate.ts';
import type { Context, DevicePolicy } from '../context.ts';
import type { ServerCertificate } from '../tls/state.ts';
import { certificateView } from '../tls/view.ts';
import { remindRenewals } from '../upkeep.ts';
import { authorityCommands } from './authorities.ts';

const DEVICE_POLICY = 'device_policy';

export function tlsCommands(context: Context): TlsApi {
  const { clock, deployment, sealer, store, tls } = context;

  function configured(): ServerCertificate {
    if (tls.serverCertificate === null) {
      throw new ThenarError(
        'not_found',
        'No server certificate is configured; the public listener has none.',
      );
    }
    return tls.serverCertificate;
  }

  function serverView() {
    const { facts, certificatePem, uploadedAt } = configured();
    return { ...certificateView(facts, clock.now()), certificatePem, uploadedAt };
  }

  return {
    ...authorityCommands(context),
    serverCertificate: serverView,
    uploadServerCertificate: (call, parts) =>
      tls.inTurn(async () => {
        const now = clock.now();
        const upload = readServerUpload(parts, now);
        const { facts, certificatePem } = upload;
        const replaces = tls.serverCertificate;
        const version = (replaces?.version ?? 0) + 1;
        await store.commit({
          tenantId: PLATFORM_TENANT,
          writes: [
            { upsert: 'serverCertificates', row: serverCertificateRow(sealer, upload, { now, version }) },
          ],
          audit: [
            {
              eventType: 'server_cert_uploaded',
              actor: call.actor,
              details: {
                fingerprint: facts.fingerprint,
                subject: facts.subject,
                names: facts.names,
                expires_at: new Date(facts.notAfter).toISOString(),
                replaces: replaces?.facts.fingerprint ?? null,
              },
            },
          ],
        });
        const keyPem = serverKeyPem(upload.privateKeyPkcs8);
        tls.serverCertificate = { facts, certificatePem, keyPem, uploadedAt: now, version };
        await takeUp(context, tls.serverCertificate);
        return serverView();
      }),
    removeServerCertificate: (call) =>
      tls.inTurn(async () => {
        const { fingerprint, subject } = configured().facts;
        await store.commit({
          tenantId: PLATFORM_TENANT,
          writes: [{ delete: 'serverCertificates', where: { listener: 'public' }, otherwise: 'not_found' }],
          audit: [{ eventType: 'server_cert_deleted', actor: call.actor, details: { fingerprint, subject } }],
        });
        tls.serverCertificate = null;
      }),
    devicePolicy: () => deployment.devicePolicy,
    setDevicePolicy: (call, change) =>
      tls.inTurn(async () => {
        const before = deployment.devicePolicy;
        const policy = { ...before, ...change };
        assertReasonable(policy);
        await store.commit({
          tenantId: PLATFORM_TENANT,
          writes: [await policyWrite(context, policy)],
          audit: [
            {
              eventType: 'device_policy_changed',
              actor: call.actor,
              details: { ...policyDetails(policy), before: policyDetails(before) },
            },
          ],
        });
        deployment.devicePolicy = policy;
        // A longer window may hold scanners that are connected and would else hear of it at their next connection.
        await remindRenewals(context);
        return policy;
      }),
    status() {
      const serverCertConfigured = tls.serverCertificate !== null;
      const https = tls.listeners?.secure ?? false;
      // The engine makes a CA at its first start, so there is always one.
      const platformCaConfigured = true;
      return {
        serverCertConfigured,
        platformCaConfigured,
        setupComplete: serverCertConfigured && platformCaConfigured,
        https,
        restartPending: https && !serverCertConfigured,
      };
    },
  };
}

/** The certificate is stored, whatever the listener says; the next start serves it. */
async function takeUp({ log, tls }: Context, certificate: ServerCertificate): Promise<void> {
  try {
    await tls.listeners?.useServerCertificate(certificate);
  } catch (cause) {
    log.error({ error: cause }, 'The public listener could not take up the server certificate');
    const message = 'The certificate is stored, but the listener could not take it up; restart the engine.';
    throw new ThenarError('unavailable', message, { cause });
  }
}

function assertReasonable({ validityDays, renewalWindowDays }: DevicePolicy): void {
  if (renewalWindowDays < validityDays) return;
  const message = `must be less than validity_days (${validityDays})`;
  throw new ThenarError('validation_failed', `renewal_window_days ${message}.`, {
    details: { fields: [{ field: 'renewal_window_days', message }] },
  });
}

/** Another engine on the same database may have changed it: then this one does not write over it. */
async function policyWrite({ store }: Context, policy: DevicePolicy): Promise<Write> {
  const kept = await store.get('settings', { name: DEVICE_POLICY });
  const value = { ...policy };
  if (kept === null) {
    return {
      insert: 'settings',
      row: { name: DEVICE_POLICY, value, version: 1 },
      conflict: 'version_conflict',
    };
  }
  const { version } = kept;
  return {
    update: 'settings',
    where: { name: DEVICE_POLICY, version },
    set: { value, version: version + 1 },
    otherwise: 'version_conflict',
  };
}

function policyDetails({ validityDays, renewalWindowDays }: DevicePolicy) {
  return { validity_days: validityDays, renewal_window_days: renewalWindowDays };
}
