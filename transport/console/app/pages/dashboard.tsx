/** How the tenant is doing, at a glance. */
import { useResource } from '../api/resource.ts';
import type { Statistics } from '../api/wire.ts';
import { Card, Facts, Page } from '../parts/page.tsx';
import { Problem, Skeleton } from '../parts/states.tsx';
import { number, t } from '../words/words.ts';

export default function Dashboard() {
  const { data, refusal, reload } = useResource<Statistics>(
    '/v1/tenant/stats',
    {},
    { watch: ['user', 'device', 'challenge'] },
  );
  return (
    <Page title={t('dashboard.title')} about={t('dashboard.about')}>
      <Card>
        {data !== undefined && <Facts rows={[[t('devices.title'), number(data.devices.total)]]} />}
        {data === undefined &&
          (refusal === null ? <Skeleton /> : <Problem refusal={refusal} retry={reload} />)}
      </Card>
    </Page>
  );
}
