/** When a CA is no longer trusted: once nobody holds a certificate of it that stands. */
import { limits } from '../../engine/limits.ts';
import type { Authority } from '../../engine/pki/authority.ts';
import { PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { Context } from '../context.ts';

/** Device certificates of a generation that stand. */
export async function heldOf({ clock, store }: Context, generation: number): Promise<number> {
  const now = clock.now();
  const unexpired = { generation, notAfter: { gt: now } } as const;
  const [standing, overlapping] = await Promise.all([
    store.count('certificates', { ...unexpired, deniedAt: null }),
    store.count('certificates', { ...unexpired, deniedAt: { gt: now } }),
  ]);
  return standing + overlapping;
}

export interface Retirement {
  readonly retire: readonly Write[];
  readonly kept: readonly Authority[];
  /** Device certificates that stand, of all of them. */
  readonly held: number;
}

/**
 * Which of the CAs can go, and the writes that let them go. A device that pairs between our counting and our commit
 * changes `last_issued` of its CA, and the commit fails with `version_conflict` instead of locking that device out.
 */
export async function retirementOf(context: Context, authorities: readonly Authority[]): Promise<Retirement> {
  const now = context.clock.now();
  const retire: Write[] = [];
  const kept: Authority[] = [];
  let held = 0;
  for (const authority of authorities) {
    const { generation } = authority;
    const row = await context.store.get('certificateAuthorities', { generation });
    const certificates = await heldOf(context, generation);
    held += certificates;
    if (certificates > 0) kept.push(authority);
    else {
      retire.push({
        update: 'certificateAuthorities',
        where: { generation, lastIssued: row?.lastIssued ?? null },
        set: { retiredAt: now },
        otherwise: 'version_conflict',
      });
    }
  }
  return { retire, kept, held };
}

/** Regular work: CAs that nobody needs any more, and the certificate that the device listener shows. */
export async function tendAuthorities(context: Context): Promise<void> {
  const { authorities } = context.tls;
  const { current, trusted } = authorities;
  const { retire, kept } = await retirementOf(context, trusted.slice(1));
  if (retire.length > 0) {
    const retired = trusted.slice(1).filter((authority) => !kept.includes(authority));
    await context.store.commit({
      tenantId: PLATFORM_TENANT,
      writes: retire,
      audit: retired.map(({ generation, fingerprint }) => ({
        eventType: 'platform_ca_retired',
        actor: 'engine',
        details: { generation, fingerprint },
      })),
    });
    authorities.replace([current, ...kept]);
  }
  const shownForMs = context.clock.monotonic() - context.tls.shownSince;
  if (retire.length > 0 || shownForMs > limits.listener_certificate_renew_ms) await showAuthorities(context);
}

/**
 * The device listener takes up the CAs as they are. What they are is committed and decides every connection from
 * memory already, so a failure here is the operator's to hear of and undoes nothing.
 */
export async function showAuthorities(context: Context): Promise<void> {
  context.tls.shownSince = context.clock.monotonic();
  try {
    await context.tls.listeners?.useAuthorities();
  } catch (error) {
    context.log.error({ error }, 'The device listener could not take up the platform CA; restart the engine');
  }
}
