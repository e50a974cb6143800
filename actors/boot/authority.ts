/** The platform's CAs: the first is made at first start; every later start takes up those that still stand. */
import {
  type Authority,
  createAuthority,
  loadAuthority,
  type NewAuthority,
} from '../../engine/pki/authority.ts';
import { type Clock, PLATFORM_TENANT, type Random, type Sealer, type Store } from '../../engine/ports.ts';
import type { CertificateAuthorityRecord } from '../../engine/records.ts';
import { Authorities } from '../tls/authorities.ts';

function authorityPlace(generation: number): string {
  return `certificate_authorities|${generation}|private_key`;
}

export async function openAuthorities(
  ports: { readonly store: Store; readonly sealer: Sealer; readonly clock: Clock; readonly random: Random },
  deploymentId: string,
): Promise<Authorities> {
  const { store, sealer, clock, random } = ports;
  const standing = await store.list('certificateAuthorities', { where: { retiredAt: null } });
  if (standing.length > 0) {
    return new Authorities(await Promise.all(standing.map((row) => openAuthority(sealer, row))));
  }
  const made = await createAuthority({
    now: clock.now(),
    random,
    generation: await nextGeneration(store),
    deployment: deploymentId,
  });
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ insert: 'certificateAuthorities', row: authorityRow(sealer, made, clock.now()) }],
    audit: [
      {
        eventType: 'platform_ca_generated',
        severity: 'high',
        actor: 'engine',
        details: { generation: made.generation },
      },
    ],
  });
  return new Authorities([await loadAuthority(made)]);
}

/** Generations are never used twice: what an earlier one issued must not come back to life. */
export async function nextGeneration(store: Store): Promise<number> {
  const [last] = await store.list('certificateAuthorities', { order: [['generation', 'desc']], limit: 1 });
  return (last?.generation ?? 0) + 1;
}

export function authorityRow(sealer: Sealer, made: NewAuthority, now: number): CertificateAuthorityRecord {
  const { generation, certificatePem, privateKeyPkcs8 } = made;
  return {
    generation,
    certificatePem,
    privateKey: sealer.seal(privateKeyPkcs8, authorityPlace(generation)),
    createdAt: now,
    retiredAt: null,
    lastIssued: null,
  };
}

/** @throws ThenarError `internal` when the stored key and certificate do not belong together */
export function openAuthority(sealer: Sealer, row: CertificateAuthorityRecord): Promise<Authority> {
  const { generation, certificatePem, privateKey } = row;
  const privateKeyPkcs8 = sealer.open(privateKey, authorityPlace(generation));
  return loadAuthority({ generation, certificatePem, privateKeyPkcs8 });
}
