/** A tenant's protection keys: the one its templates are stored under, and the one they are being brought under. */
import { ThenarError } from '../../engine/errors.ts';
import { type Protection, protectionOf } from '../../engine/palm/protection.ts';
import type { Random, Sealers, Write } from '../../engine/ports.ts';
import type { TenantRecord } from '../../engine/records.ts';

/** Where they are sealed to. */
export function rotationPlace(tenantId: string): string {
  return `tenant|${tenantId}|rotation`;
}

/** A new one, sealed. */
export function sealedProtection(
  { sealer, random }: { readonly sealer: Sealers; readonly random: Random },
  tenantId: string,
): Uint8Array {
  return sealer.of(tenantId).seal(random.bytes(32), rotationPlace(tenantId));
}

export interface Protections {
  readonly current: Protection;
  /** While templates are re-issued: what those are under that were. */
  readonly next: Protection | null;
}

export function protectionsOf(
  sealer: Sealers,
  tenant: Pick<TenantRecord, 'tenantId' | 'rotationKey' | 'nextRotationKey'>,
): Protections {
  const { tenantId, rotationKey, nextRotationKey } = tenant;
  const open = (sealed: Uint8Array): Protection =>
    protectionOf(sealer.of(tenantId).open(sealed, rotationPlace(tenantId)));
  return { current: open(rotationKey), next: nextRotationKey === null ? null : open(nextRotationKey) };
}

/**
 * @param id null: the current one
 * @throws ThenarError `unavailable` when it is neither: one of both was read before an exchange and the other after it
 */
export function namedProtection({ current, next }: Protections, id: string | null): Protection {
  const found = id === null ? current : [current, next].find((protection) => protection?.id === id);
  if (found != null) return found;
  throw new ThenarError('unavailable', 'Palms are being re-issued.', { retryAfterMs: 1_000 });
}

/**
 * Holds a commit of templates against an exchange of the keys meanwhile, of which this engine may not have heard: a
 * commit's answer can be lost. Templates stored under a key that is no more would be nobody's.
 */
export function protectionStands({ tenantId, rotationKey }: TenantRecord): Write {
  return { check: 'tenants', where: { tenantId, rotationKey }, otherwise: 'engine_busy' };
}
