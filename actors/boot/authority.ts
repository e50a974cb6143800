/** The platform CA: made at first start, taken up at every later one. */
import { type Authority, createAuthority, loadAuthority } from '../../engine/pki/authority.ts';
import { type Clock, PLATFORM_TENANT, type Random, type Sealer, type Store } from '../../engine/ports.ts';

function authorityPlace(generation: number): string {
  return `certificate_authorities|${generation}|private_key`;
}

export async function openAuthority(
  ports: { readonly store: Store; readonly sealer: Sealer; readonly clock: Clock; readonly random: Random },
  deploymentId: string,
): Promise<Authority> {
  const { store, sealer, clock, random } = ports;
  const [current] = await store.list('certificateAuthorities', {
    where: { retiredAt: null },
    order: [['generation', 'desc']],
    limit: 1,
  });
  if (current !== undefined) {
    return loadAuthority({
      generation: current.generation,
      certificatePem: current.certificatePem,
      privateKeyPkcs8: sealer.open(current.privateKey, authorityPlace(current.generation)),
    });
  }
  const made = await createAuthority({
    now: clock.now(),
    random,
    generation: 1,
    deployment: deploymentId,
  });
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [
      {
        insert: 'certificateAuthorities',
        row: {
          generation: made.generation,
          certificatePem: made.certificatePem,
          privateKey: sealer.seal(made.privateKeyPkcs8, authorityPlace(made.generation)),
          createdAt: clock.now(),
          retiredAt: null,
        },
      },
    ],
    audit: [
      {
        eventType: 'platform_ca_generated',
        severity: 'high',
        actor: 'engine',
        details: { generation: made.generation },
      },
    ],
  });
  return loadAuthority(made);
}
