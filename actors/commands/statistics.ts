import { limits } from '../../engine/limits.ts';
import type { AuthActivityRecord, TenantCounterRecord } from '../../engine/records.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The numbers of a tenant: read from counters that the database keeps, whatever the number of users. */
export function statisticsCommands(context: Context): EngineApi['statistics'] {
  const { clock, store, views } = context;
  return {
    async tenant({ tenantId }) {
      const now = clock.now();
      const [counters, activity, devices] = await Promise.all([
        store.list('tenantCounters', { where: { tenantId } }),
        store.list('authActivity', {
          where: { tenantId, hour: { gt: now - limits.stats_window_days * DAY_MS - HOUR_MS } },
        }),
        store.count('devices', { tenantId, status: { not: 'revoked' } }),
      ]);
      const users = countsOf(counters, 'user_status');
      const consents = countsOf(counters, 'consent_status');
      const identities = (users.active ?? 0) + (users.suspended ?? 0);
      const week = sum(activity);
      const day = sum(activity.filter(({ hour }) => hour > now - DAY_MS - HOUR_MS));
      return {
        totalIdentities: identities,
        activeEnrollments: countsOf(counters, 'palm_enrolled').yes ?? 0,
        consentOptInRate: share(consents.granted ?? 0, identities),
        authActivity: {
          last24h: day.succeeded + day.failed,
          last7d: week.succeeded + week.failed,
          successRate: share(week.succeeded, week.succeeded + week.failed),
          byHour: activity
            .map(({ hour, succeeded, failed }) => ({ hour, succeeded, failed }))
            .sort((a, b) => a.hour - b.hour),
        },
        kycPipeline: {
          not_started: 0,
          pending: 0,
          verified: 0,
          rejected: 0,
          expired: 0,
          ...countsOf(counters, 'kyc_status'),
        },
        userStatus: { active: 0, suspended: 0, deleted: 0, ...users },
        devices: {
          online: [...views.connections.values()].filter((connection) => connection.tenantId === tenantId)
            .length,
          total: devices,
        },
      };
    },
  };
}

function countsOf(
  counters: readonly TenantCounterRecord[],
  subject: TenantCounterRecord['subject'],
): Record<string, number> {
  return Object.fromEntries(
    counters
      .filter((counter) => counter.subject === subject)
      .map((counter) => [counter.value, counter.count]),
  );
}

function sum(activity: readonly AuthActivityRecord[]): { succeeded: number; failed: number } {
  return activity.reduce(
    (total, { succeeded, failed }) => ({
      succeeded: total.succeeded + succeeded,
      failed: total.failed + failed,
    }),
    { succeeded: 0, failed: 0 },
  );
}

/** Of nothing, none. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
