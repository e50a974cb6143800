import type { TenantStatistics } from '../../../../actors/api.ts';
import { route } from '../../../http/route.ts';
import { integer, list, named, number, object, type TypeOf, time } from '../../../http/schema.ts';
import { timestamp } from '../../../wire/time.ts';
import { readers } from '../roles.ts';

const statisticsSchema = named(
  'TenantStatistics',
  object({
    total_identities: integer(),
    active_enrollments: integer(),
    consent_opt_in_rate: number(),
    auth_activity: object({
      last_24h: integer(),
      last_7d: integer(),
      success_rate: number(),
      /** Hours of the last seven days in which a palm was shown, oldest first. */
      by_hour: list(object({ hour: time, succeeded: integer(), failed: integer() })),
    }),
    kyc_pipeline: object({
      not_started: integer(),
      pending: integer(),
      verified: integer(),
      rejected: integer(),
      expired: integer(),
    }),
    user_status: object({ active: integer(), suspended: integer(), deleted: integer() }),
    devices: object({ online: integer(), total: integer() }),
  }),
);

function statisticsWire(statistics: TenantStatistics): TypeOf<typeof statisticsSchema> {
  const { authActivity, kycPipeline, userStatus, devices } = statistics;
  return {
    total_identities: statistics.totalIdentities,
    active_enrollments: statistics.activeEnrollments,
    consent_opt_in_rate: statistics.consentOptInRate,
    auth_activity: {
      last_24h: authActivity.last24h,
      last_7d: authActivity.last7d,
      success_rate: authActivity.successRate,
      by_hour: authActivity.byHour.map((each) => ({ ...each, hour: timestamp(each.hour) })),
    },
    kyc_pipeline: kycPipeline,
    user_status: userStatus,
    devices,
  };
}

export const statisticsRoutes = [
  route({
    method: 'GET',
    path: '/v1/tenant/stats',
    operation: 'getTenantStatistics',
    summary: 'The numbers of the tenant, from counters that are kept with every change.',
    auth: 'session',
    roles: readers,
    reply: statisticsSchema,
    handle: async ({ api, call }) => ({ data: statisticsWire(await api.statistics.tenant(call)) }),
  }),
];
