/** Health checks of a linked service: on a schedule, while somebody would be told. */
import { limits } from '../../engine/limits.ts';
import type { LinkedServiceRecord } from '../../engine/records.ts';
import { afterCheck, nextCheckIn } from '../../engine/services/health.ts';
import type { Context } from '../context.ts';
import type { Self } from '../kernel/types.ts';
import type { LinkedServiceMessage, LinkedServiceState } from './protocol.ts';

export function isWatched(state: LinkedServiceState, now: number): boolean {
  return state.watchedUntil > now;
}

/** A device asked, or an operator looks: checks go on from here for `limits.service_watched_ms`. */
export function watch(
  context: Context,
  state: LinkedServiceState,
  spreadMs: number,
  self: Self<LinkedServiceMessage>,
): void {
  const now = self.now();
  state.watchedUntil = now + limits.service_watched_ms;
  schedule(context, state, spreadMs, self);
}

function schedule(
  context: Context,
  state: LinkedServiceState,
  spreadMs: number,
  self: Self<LinkedServiceMessage>,
): void {
  const now = self.now();
  const { record, health } = state;
  if (record === null || record.healthPath === null || state.checking || !isWatched(state, now)) return;
  // Never checked yet: there is nothing to say before the first check, so it does not wait its turn.
  const wait =
    health.lastCheckAt === null
      ? Math.round(context.random.fraction() * spreadMs)
      : nextCheckIn({ ...health, lastCheckAt: health.lastCheckAt }, now, context.random, spreadMs);
  if (state.scheduled && wait > 0) return;
  state.scheduled = true;
  self.timer('check', wait, { type: 'check' });
}

export function check(context: Context, state: LinkedServiceState, self: Self<LinkedServiceMessage>): void {
  state.scheduled = false;
  const { record } = state;
  if (record === null || record.healthPath === null || state.checking) return;
  // A suspended tenant's services are left alone; its next call or list begins again.
  if (context.views.tenants.get(record.tenantId)?.status !== 'active') return;
  state.checking = true;
  const endpoint = `${record.baseUrl}${record.healthPath}`;
  const { moves } = state;
  self.effect(
    () =>
      context.serviceSender.send({
        endpoint,
        method: 'GET',
        headers: { 'User-Agent': 'LinkIdentity-Broker/1.0' },
        body: '',
        timeoutMs: limits.service_health_timeout_ms,
      }),
    (outcome) => ({ type: 'checked', moves, outcome }),
  );
}

export function checked(
  context: Context,
  state: LinkedServiceState,
  { moves, outcome }: Extract<LinkedServiceMessage, { type: 'checked' }>,
  self: Self<LinkedServiceMessage>,
): void {
  state.checking = false;
  const { record } = state;
  if (record === null) return;
  // Of an address that it has left.
  if (moves !== state.moves) return schedule(context, state, 0, self);
  const now = self.now();
  const reply = outcome.ok ? outcome.value : { error: 'failed' };
  const ok = 'status' in reply && reply.status >= 200 && reply.status < 300;
  const before = state.health;
  state.health = afterCheck(before, ok, now);
  const news = before.lastCheckAt === null || before.failures !== state.health.failures;
  if (news || now - state.writtenAt > limits.service_health_write_ms) write(context, state, record, self);
  schedule(context, state, 0, self);
}

/** So that a restart knows how it was. The row may be gone by now: then nothing is written. */
function write(
  context: Context,
  state: LinkedServiceState,
  { tenantId, serviceId }: LinkedServiceRecord,
  self: Self<LinkedServiceMessage>,
): void {
  const { lastCheckAt: lastHealthCheckAt, failures: healthFailures } = state.health;
  state.writtenAt = self.now();
  self.effect(
    () =>
      context.store.commit({
        tenantId,
        writes: [
          {
            update: 'linkedServices',
            where: { tenantId, serviceId },
            set: { lastHealthCheckAt, healthFailures },
          },
        ],
      }),
    (done) => ({ type: 'written', outcome: done }),
  );
}
