/** Templates on their way into a tenant's palm log, and from there into its index. */

import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { sealTemplate } from '../../engine/palm/protect.ts';
import { storedForm } from '../../engine/palm/protection.ts';
import type { IndexedTemplate, PalmLogEntry, PreparedTemplate } from '../../engine/ports.ts';
import type { PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { protectionsOf } from '../tenant/rotation.ts';

export interface Addition {
  readonly entry: PalmLogEntry;
  readonly template: PreparedTemplate;
}

/**
 * Under the key of their subject, each bound to its place.
 * @throws ThenarError `engine_busy` when the tenant's templates were re-issued since these were prepared
 */
export async function sealTemplates(
  context: Context,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
  palms: readonly PalmRecord[],
  templates: readonly PreparedTemplate[],
): Promise<readonly Addition[]> {
  const { current } = protectionsOf(context.sealer, context.views.tenant(tenantId));
  if (templates.some((template) => template.protection !== current.id)) {
    // In passing, when they were prepared before an exchange. A shard that did not hear of one would say so for ever.
    context.matcher.renew(tenantId, current.id, 0).catch((error: unknown) => {
      context.log.warn({ tenantId, error }, 'A palm index is loaded anew later');
    });
    throw new ThenarError('engine_busy', 'Templates are being re-issued.', { retryAfterMs: 1_000 });
  }
  const protection = current.id;
  const key = await context.subjectKeys.ensure(userId, tenantId);
  return palms.flatMap((palm) =>
    templates
      .filter((template) => template.hand === palm.hand)
      .slice(0, limits.templates_per_palm_max)
      .map((template, sample): Addition => {
        const { palmId, hand } = palm;
        const plain = storedForm(template.template, current, { palmId, sample });
        const place = { tenantId, userId, palmId, sample, protection };
        const sealed = sealTemplate(plain, key, place, context.random);
        return { template, entry: { operation: 'add', palmId, userId, hand, sample, sealed, protection } };
      }),
  );
}

/** The acknowledged palm is found by whoever scans next. A failure here is mended by the shard's own replay. */
export async function indexCommitted(
  context: Context,
  tenantId: string,
  log: readonly PalmLogEntry[],
  added: readonly Addition[],
  first: number,
): Promise<void> {
  const templates = new Map(added.map(({ entry, template }) => [entry, template.template]));
  const entries = log.map(
    (entry, offset): IndexedTemplate => ({
      position: first + offset,
      operation: entry.operation,
      palmId: entry.palmId,
      userId: entry.userId,
      hand: entry.hand,
      sample: entry.sample,
      template: templates.get(entry) ?? null,
    }),
  );
  if (entries.length === 0) return;
  try {
    await context.matcher.apply(tenantId, entries);
  } catch (error) {
    context.log.warn({ tenantId, error }, 'A committed palm waits for the shard to read the log');
  }
}
