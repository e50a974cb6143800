/** How the tenant is doing, at a glance. */
import type { ComponentChildren } from 'preact';
import lazy from 'preact-iso/lazy';
import { Empty, Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import { at } from '../address.ts';
import { useResource } from '../api/resource.ts';
import type { Challenge, Statistics } from '../api/wire.ts';
import { type Bar, Bars, Ring } from '../parts/bars.tsx';
import { Card, Page } from '../parts/page.tsx';
import { Table } from '../parts/table.tsx';
import { number, percent, said, t } from '../words/words.ts';
import { challengeColumns } from './challenge/columns.tsx';

/** uPlot is the heaviest thing here: it comes after the numbers. */
const Activity = lazy(() => import('./dashboard/activity.tsx'));

/** Latest challenges shown. */
const LATEST = 8;

export default function Dashboard() {
  const watch = ['user', 'device', 'challenge', 'transaction'] as const;
  const { data, refusal, reload } = useResource<Statistics>('/v1/tenant/stats', {}, { watch });
  return (
    <Page title={t('dashboard.title')} about={t('dashboard.about')}>
      {refusal !== null && <Problem refusal={refusal} retry={reload} />}
      {data === undefined ? (
        <Card>
          <Skeleton lines={6} />
        </Card>
      ) : (
        <Numbers statistics={data} />
      )}
      <Latest />
    </Page>
  );
}

function Numbers({ statistics }: { readonly statistics: Statistics }) {
  const {
    total_identities: people,
    active_enrollments: enrolled,
    devices,
    auth_activity: activity,
  } = statistics;
  const share = people === 0 ? 0 : enrolled / people;
  return (
    <>
      <div class="grid tiles">
        <Tile name={t('dashboard.people')} value={number(people)} href={at('/users')}>
          {t('dashboard.people.about', { count: statistics.user_status.suspended })}
        </Tile>
        <Tile
          name={t('dashboard.enrolled')}
          value={number(enrolled)}
          href={at('/users?palm_enrolled=true')}
          ring={<Ring share={share} label={t('dashboard.enrolled')} />}
        >
          {t('dashboard.enrolled.about', { share: percent(share) })}
        </Tile>
        <Tile
          name={t('dashboard.devices')}
          value={t('dashboard.devices.value', { online: devices.online, total: devices.total })}
          href={at('/devices')}
          ring={
            <Ring
              share={devices.total === 0 ? 0 : devices.online / devices.total}
              label={t('dashboard.devices')}
            />
          }
        >
          {t('dashboard.devices.about')}
        </Tile>
        <Tile
          name={t('dashboard.consent')}
          value={percent(statistics.consent_opt_in_rate)}
          href={at('/users?consent_status=granted')}
          ring={<Ring share={statistics.consent_opt_in_rate} label={t('dashboard.consent')} />}
        >
          {t('dashboard.consent.about')}
        </Tile>
      </div>
      <Card
        title={t('dashboard.activity')}
        about={t('dashboard.activity.about', {
          day: activity.last_24h,
          week: activity.last_7d,
          rate: percent(activity.success_rate),
        })}
      >
        <Activity activity={activity} />
      </Card>
      <div class="grid halves">
        <Card title={t('dashboard.kyc')}>
          <Bars bars={barsOf(statistics.kyc_pipeline, kycColours)} />
        </Card>
        <Card title={t('dashboard.status')}>
          <Bars bars={barsOf(statistics.user_status, statusColours)} />
        </Card>
      </div>
    </>
  );
}

const kycColours = {
  not_started: '--line-strong',
  pending: '--info',
  verified: '--chart',
  rejected: '--bad',
  expired: '--chart-second',
} as const;
const statusColours = { active: '--chart', suspended: '--chart-second', deleted: '--line-strong' } as const;

function barsOf<S extends string>(
  counts: Readonly<Record<S, number>>,
  colours: Readonly<Record<S, string>>,
): Bar[] {
  return (Object.keys(colours) as S[]).map((state) => ({
    name: said('status', state),
    value: counts[state],
    colour: colours[state],
  }));
}

function Tile({
  name,
  value,
  href,
  ring,
  children,
}: {
  readonly name: string;
  readonly value: string;
  readonly href: string;
  readonly ring?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <a class="card tile" href={href}>
      <div>
        <p class="tile-name">{name}</p>
        <p class="tile-value">{value}</p>
        <p class="faint">{children}</p>
      </div>
      {ring}
    </a>
  );
}

function Latest() {
  const list = useResource<readonly Challenge[]>(
    '/v1/challenges',
    { page_size: LATEST },
    { watch: ['challenge'] },
  );
  return (
    <Card
      flush
      title={t('dashboard.latest')}
      actions={<a href={at('/challenges')}>{t('dashboard.latest.all')}</a>}
    >
      <Table
        caption={t('dashboard.latest')}
        columns={challengeColumns()}
        list={list}
        keyOf={({ challenge_id: id }) => id}
        go={({ challenge_id: id }) => at(`/challenges/${id}`)}
        empty={<Empty icon="challenges" title={t('challenges.empty')} />}
      />
    </Card>
  );
}
