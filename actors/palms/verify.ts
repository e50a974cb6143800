/** 1:1: a scan against a user's palms, by the matcher that the tenant's configuration names. */
import { limits } from '../../engine/limits.ts';
import { type palmProviders, palmVendor } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { Scan } from '../../engine/palm/types.ts';
import type { Candidate, Matched, TraceContext } from '../../engine/ports.ts';
import type { PalmRecord, TenantRecord } from '../../engine/records.ts';
import { inSpan } from '../../engine/trace/spans.ts';
import type { Completion } from '../challenge/complete.ts';
import type { Context } from '../context.ts';
import { protectionsOf } from '../tenant/rotation.ts';
import { templateReader } from './log.ts';
import { remoteMatcher } from './verification-server.ts';

/** Value of `palmProvider` in the configuration of tenants that have palms verified elsewhere. */
const remoteProvider: (typeof palmProviders)[number] = 'verification_server';

export interface Verified {
  /** The best of the palms; null when there was nothing to compare. */
  readonly candidate: Candidate | null;
  readonly vendor: string;
}

/**
 * Never falls back from one matcher to the other: which one decided is part of the decision.
 * @throws ThenarError `verification_server_unset`, `unavailable`, or the matcher's own
 */
export async function verifyPalms(
  context: Context,
  tenant: TenantRecord,
  palms: readonly PalmRecord[],
  scan: Scan,
  { deadline, trace }: Pick<Completion, 'deadline' | 'trace'>,
): Promise<Matched<Verified>> {
  if (tenant.config.palmProvider === remoteProvider) {
    return inSpan(context.traces.start('match.remote', 'client', trace), (span) =>
      verifyRemotely(context, tenant, palms, scan, span.context),
    );
  }
  const palmIds = palms.map((palm) => palm.palmId);
  const compared = await context.matcher.verify(tenant.tenantId, palmIds, scan, deadline, trace);
  return compared.ok ? { ok: true, value: { candidate: compared.value, vendor: palmVendor } } : compared;
}

async function verifyRemotely(
  context: Context,
  tenant: TenantRecord,
  palms: readonly PalmRecord[],
  scan: Scan,
  trace: TraceContext | null,
): Promise<Matched<Verified>> {
  const { tenantId } = tenant;
  const remote = remoteMatcher(context);
  const palmIds = palms.map((palm) => palm.palmId);
  const samples = await context.store.list('palmLog', {
    where: { tenantId, palmId: { in: palmIds }, operation: 'add', sealed: { not: null } },
    order: [['position', 'desc']],
    limit: limits.remote_templates_max,
  });
  const read = templateReader(context.subjectKeys, protectionsOf(context.sealer, tenant));
  const templates = samples.flatMap((row) => {
    // Null when the subject's key is destroyed: an erasure is under way.
    const template = read(row);
    return template === null ? [] : [{ row, plain: encodeTemplate(template) }];
  });
  if (templates.length === 0) return { ok: true, value: { candidate: null, vendor: remoteProvider } };
  const answer = await remote.compare(
    scan,
    templates.map(({ plain }) => plain),
    trace,
  );
  if (!answer.ok) return answer;
  const { comparisons, vendor } = answer.value;
  let best: Candidate | null = null;
  for (const [at, { scores, fused }] of comparisons.entries()) {
    const { palmId, userId, hand } = templates[at]!.row;
    if (best === null || fused > best.fused) best = { palmId, userId, hand, scores, fused };
  }
  return { ok: true, value: { candidate: best, vendor } };
}
