/** The remote matcher that this deployment is set up with. */
import { ThenarError } from '../../engine/errors.ts';
import { RemoteMatcher } from '../../engine/palm/remote.ts';
import type { Sealer } from '../../engine/ports.ts';
import type { VerificationServerSetting } from '../../engine/records.ts';
import type { Context } from '../context.ts';

/** Name of its setting, and of the place that its key is sealed to. */
export const VERIFICATION_SERVER = 'verification_server';

/** @throws ThenarError `verification_server_unset` */
export function remoteMatcher(context: Context): RemoteMatcher {
  const { deployment, operatorSender, sealer } = context;
  const setting = deployment.verificationServer;
  if (setting === null) {
    throw new ThenarError('verification_server_unset', 'No verification server is set.');
  }
  const { url, timeoutMs } = setting;
  return new RemoteMatcher(operatorSender, { url, timeoutMs, apiKey: openApiKey(sealer, setting) });
}

export function sealApiKey(sealer: Sealer, apiKey: string): string {
  return Buffer.from(sealer.seal(Buffer.from(apiKey), VERIFICATION_SERVER)).toString('base64');
}

function openApiKey(sealer: Sealer, { apiKey }: VerificationServerSetting): string | null {
  if (apiKey === null) return null;
  return Buffer.from(sealer.open(Buffer.from(apiKey, 'base64'), VERIFICATION_SERVER)).toString();
}
