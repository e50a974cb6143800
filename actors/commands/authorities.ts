/** The platform's CA in the hands of its administrators: shown, uploaded, made anew. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import {
  type Authority,
  createAuthority,
  loadAuthority,
  type NewAuthority,
} from '../../engine/pki/authority.ts';
import { readAuthorityUpload } from '../../engine/pki/authorityUpload.ts';
import { certificateFacts } from '../../engine/pki/facts.ts';
import { type AuditEntry, PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { TlsApi } from '../api/tls.ts';
import { authorityRow, nextGeneration } from '../boot/authority.ts';
import type { Call } from '../calls.ts';
import type { Context } from '../context.ts';
import { closeCodes } from '../device/protocol.ts';
import { heldOf, retirementOf, showAuthorities } from '../tls/retire.ts';
import { freshTicketKeys } from '../tls/tickets.ts';
import { certificateView } from '../tls/view.ts';

type AuthorityCommands = Pick<
  TlsApi,
  'authority' | 'uploadAuthority' | 'generateAuthority' | 'regenerateAuthority'
>;

export function authorityCommands(context: Context): AuthorityCommands {
  const { clock, random, sealer, store } = context;
  const { authorities, inTurn } = context.tls;

  async function view() {
    const { current, trusted } = authorities;
    const held = await Promise.all(trusted.map(({ generation }) => heldOf(context, generation)));
    return {
      ...certificateView(certificateFacts(new Uint8Array(current.certificate.rawData)), clock.now()),
      certificatePem: current.certificatePem,
      generation: current.generation,
      deviceCertificates: held.reduce((sum, count) => sum + count, 0),
      stillTrusted: trusted.slice(1).map(({ generation }) => generation),
    };
  }

  async function make(): Promise<NewAuthority> {
    const generation = await nextGeneration(store);
    const { deploymentId } = context.deployment;
    return createAuthority({ now: clock.now(), random, generation, deployment: deploymentId });
  }

  /**
   * Commits a new generation, then makes it true in memory, then for the listeners. Killed before the commit, nothing
   * has happened; killed after it, the next start reads what was committed before any listener opens. Between commit
   * and memory there is only the way of the database's answer, and nobody was told yet.
   * @param kept CAs trusted besides the new one
   */
  async function install(
    authority: Authority,
    kept: readonly Authority[],
    { writes, audit }: { readonly writes: readonly Write[]; readonly audit: AuditEntry },
  ): Promise<void> {
    await store.commit({ tenantId: PLATFORM_TENANT, writes, audit: [audit] });
    authorities.replace([authority, ...kept]);
  }

  function audited(call: Call, eventType: string, made: Authority, replaced: Authority): AuditEntry {
    return {
      eventType,
      severity: 'high',
      actor: call.actor,
      details: {
        generation: made.generation,
        fingerprint: made.fingerprint,
        replaces: replaced.fingerprint,
        expires_at: new Date(made.notAfter).toISOString(),
      },
    };
  }

  return {
    authority: view,
    uploadAuthority: (call, parts) =>
      inTurn(async () => {
        const { current, trusted } = authorities;
        const now = clock.now();
        const generation = await nextGeneration(store);
        const { stored, authority } = await readAuthorityUpload(parts, { generation, now, random });
        // The answer to the same upload was lost on its way.
        if (authority.fingerprint === current.fingerprint) return view();
        if (trusted.some(({ fingerprint }) => fingerprint === authority.fingerprint)) {
          throw new ThenarError('conflict', 'This CA is trusted already, as an earlier generation.');
        }
        const { retire, kept } = await retirementOf(context, trusted);
        if (kept.length >= limits.authorities_trusted_max) {
          throw new ThenarError(
            'limit_reached',
            `At most ${limits.authorities_trusted_max} CAs are trusted.`,
          );
        }
        await install(authority, kept, {
          writes: [
            {
              insert: 'certificateAuthorities',
              row: authorityRow(sealer, stored, now),
              conflict: 'version_conflict',
            },
            ...retire,
          ],
          audit: audited(call, 'platform_ca_generated', authority, current),
        });
        await showAuthorities(context);
        return view();
      }),
    generateAuthority: (call) =>
      inTurn(async () => {
        const { current, trusted } = authorities;
        const { retire, kept, held } = await retirementOf(context, trusted);
        if (kept.length > 0) {
          throw new ThenarError(
            'platform_ca_in_use',
            'There is a platform CA, and devices hold certificates of it. To replace it and pair every device ' +
              'again: POST /v1/admin/ssl/ca-cert/regenerate.',
            { details: { generation: current.generation, device_certificates: held } },
          );
        }
        const made = await make();
        const authority = await loadAuthority(made);
        await install(authority, [], {
          writes: [
            {
              insert: 'certificateAuthorities',
              row: authorityRow(sealer, made, clock.now()),
              conflict: 'version_conflict',
            },
            ...retire,
          ],
          audit: audited(call, 'platform_ca_generated', authority, current),
        });
        await showAuthorities(context);
        return view();
      }),
    regenerateAuthority: (call) =>
      inTurn(async () => {
        const { current } = authorities;
        const made = await make();
        const authority = await loadAuthority(made);
        await install(authority, [], {
          writes: [
            {
              update: 'certificateAuthorities',
              where: { retiredAt: null },
              set: { retiredAt: clock.now() },
              otherwise: 'version_conflict',
            },
            {
              insert: 'certificateAuthorities',
              row: authorityRow(sealer, made, clock.now()),
              conflict: 'version_conflict',
            },
            // No session of before is resumed; each connection would be refused after its handshake all the same.
            freshTicketKeys(context, 'device').write,
          ],
          audit: audited(call, 'platform_ca_regenerated', authority, current),
        });
        // At once and in this very turn, so that no message of an old certificate is heard after its end.
        context.sessions.closeAll(closeCodes.certificateRevoked, 'the platform CA was regenerated');
        await showAuthorities(context);
        return view();
      }),
  };
}
