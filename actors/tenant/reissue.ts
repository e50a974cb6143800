/**
 * Re-issuing a tenant's templates: every one is brought under a new protection key, without anybody's palm. Matching
 * goes on meanwhile; a stop at any moment costs at most the page that was under way.
 *
 * The new key is committed beside the old one before anything is written under it. Then the log is walked, and each row
 * says which key it is under: whoever reads the log has it under either key, whatever the rows are under. A second shard
 * under the new key is loaded beside the one that answers. The last look at the log and the exchange of the keys have
 * the tenant's queue to themselves, so that no enrolment is between them; then the second shard takes over, and the
 * file of the first goes. A kill between the exchange and that leaves a file that opens no more, see `shardFileKey`.
 */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { sealTemplate } from '../../engine/palm/protect.ts';
import { type Protection, storedForm } from '../../engine/palm/protection.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import type { Where, Write } from '../../engine/ports.ts';
import type { PalmLogRecord, TenantRecord } from '../../engine/records.ts';
import type { Reissue } from '../api/tenants.ts';
import type { Call } from '../calls.ts';
import type { Context } from '../context.ts';
import { inLane } from '../enrolment/lane.ts';
import { templateReader } from '../palms/log.ts';
import { changeTenant } from './protocol.ts';
import { protectionsOf, sealedProtection } from './rotation.ts';

/** Decides that the templates are re-issued; it is carried on by itself. Asking again while it is changes nothing. */
export async function beginReissue(context: Context, call: Call, tenantId: string): Promise<Reissue> {
  const tenant = await changeTenant(context, tenantId, call.deadline, (before) => {
    if (before.status !== 'active' && before.status !== 'suspended') {
      throw new ThenarError('tenant_deactivating', 'This tenant is on its way out.');
    }
    if (before.nextRotationKey !== null) return null;
    return {
      set: { nextRotationKey: sealedProtection(context, tenantId) },
      audit: { eventType: 'templates_reissue_started', severity: 'warning', actor: call.actor },
    };
  });
  carryOn(context, tenantId);
  return reissueOf(context, tenant);
}

export async function reissueOf(context: Context, tenant: TenantRecord): Promise<Reissue> {
  const { tenantId } = tenant;
  const next = tenant.nextRotationKey === null ? null : protectionsOf(context.sealer, tenant).next;
  const [templates, remaining] = await Promise.all([
    context.store.count('palmLog', { tenantId, sealed: { not: null } }),
    next === null ? 0 : context.store.count('palmLog', notUnder(tenantId, next)),
  ]);
  return { tenantId, reissuing: next !== null, templates, remaining };
}

/** Regular work, and at the start: goes on with what a stop or a failure cut short. */
export async function resumeReissues(context: Context): Promise<void> {
  for (const { tenantId, nextRotationKey } of context.views.tenants.values()) {
    if (nextRotationKey !== null || workOf(context).unheard.has(tenantId)) carryOn(context, tenantId);
  }
}

interface Work {
  readonly running: Set<string>;
  /** An exchange was asked for, and its shard has not been told of it. */
  readonly unheard: Set<string>;
}

const works = new WeakMap<Context, Work>();

function workOf(context: Context): Work {
  const work = works.get(context) ?? { running: new Set(), unheard: new Set() };
  works.set(context, work);
  return work;
}

function carryOn(context: Context, tenantId: string): void {
  const { running } = workOf(context);
  if (running.has(tenantId)) return;
  running.add(tenantId);
  reissue(context, tenantId)
    .catch((error: unknown) => {
      context.log.warn({ tenantId, error }, 'Templates are re-issued later');
    })
    .finally(() => running.delete(tenantId));
}

async function reissue(context: Context, tenantId: string): Promise<void> {
  const { current, next } = protectionsOf(context.sealer, context.views.tenant(tenantId));
  const { unheard } = workOf(context);
  if (next !== null) {
    const read = templateReader(context.subjectKeys, { current, next }, next.id);
    const walk = () => walkLog(context, tenantId, { read, to: next });
    await walk();
    await context.matcher.prepareRenewal(tenantId, next.id);
    const deadline = context.clock.monotonic() + limits.worker_task_ms;
    await inLane(context, tenantId, 'reissue', deadline, async (position) => {
      await walk();
      unheard.add(tenantId);
      await exchange(context, tenantId, next, deadline);
      await context.matcher.renew(tenantId, next.id, position);
      unheard.delete(tenantId);
      return { value: null, position: null };
    });
    return;
  }
  // The answer of an exchange was lost; by now it is known to have taken place.
  await context.matcher.renew(tenantId, current.id, 0);
  unheard.delete(tenantId);
}

async function exchange(
  context: Context,
  tenantId: string,
  next: Protection,
  deadline: number,
): Promise<void> {
  await changeTenant(context, tenantId, deadline, (tenant) => {
    if (protectionsOf(context.sealer, tenant).next?.id !== next.id) return null;
    return {
      set: { rotationKey: tenant.nextRotationKey as Uint8Array, nextRotationKey: null },
      audit: { eventType: 'templates_reissued', severity: 'warning', actor: 'engine' },
    };
  });
}

function notUnder(tenantId: string, { id }: Protection): Where<'palmLog'> {
  return { tenantId, sealed: { not: null }, protection: { not: id } };
}

interface Renewal {
  /** A row as the new key has it. */
  readonly read: (row: PalmLogRecord) => PalmTemplate | null;
  readonly to: Protection;
}

/** Renews every row of the log that is under another key, a page a commit. */
async function walkLog(context: Context, tenantId: string, renewal: Renewal): Promise<void> {
  let position = 0;
  for (;;) {
    const rows = await context.store.list('palmLog', {
      where: { ...notUnder(tenantId, renewal.to), position: { gt: position } },
      order: [['position', 'asc']],
      limit: limits.reissue_page_max,
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    position = last.position;
    const writes = rows.flatMap((row) => renewed(context, row, renewal));
    if (writes.length > 0) await context.store.commit({ tenantId, writes });
  }
}

/** Nothing for a row whose subject is being erased. One that was erased meanwhile is left as it is. */
function renewed({ subjectKeys, random }: Context, row: PalmLogRecord, { read, to }: Renewal): Write[] {
  const { tenantId, position, sealed } = row;
  const key = subjectKeys.find(row.userId);
  const template = read(row);
  if (sealed === null || key === null || template === null) return [];
  const place = { ...row, protection: to.id };
  const set = { sealed: sealTemplate(storedForm(template, to, row), key, place, random), protection: to.id };
  return [{ update: 'palmLog', where: { tenantId, position, sealed }, set }];
}
