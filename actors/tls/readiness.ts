import { limits } from '../../engine/limits.ts';
import type { Context } from '../context.ts';
import { daysRemaining } from './view.ts';

interface Check {
  readonly ok: boolean;
  readonly required: false;
  readonly detail?: string;
}

/** Certificates that run out break clients and not the engine: readiness says so, and the engine goes on. */
export function certificateChecks({ clock, tls }: Context): Readonly<Record<string, Check>> {
  const { authorities, serverCertificate } = tls;
  const now = clock.now();
  return {
    platform_ca: check(authorities.current.notAfter, now),
    ...(serverCertificate === null
      ? {}
      : { server_certificate: check(serverCertificate.facts.notAfter, now) }),
  };
}

function check(notAfter: number, now: number): Check {
  const at = new Date(notAfter).toISOString();
  if (now > notAfter) return { ok: false, required: false, detail: `expired on ${at}` };
  if (daysRemaining(notAfter, now) >= limits.certificate_warning_days) {
    return { ok: true, required: false };
  }
  return { ok: true, required: false, detail: `expires on ${at}` };
}
