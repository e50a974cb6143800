/** Product backends, how each is, and whether it is asked at all. */
import { useState } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { tell } from '../../../pages/app/parts/toast.tsx';
import { call } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { LinkedService } from '../api/wire-admin.ts';
import { Badge } from '../parts/badge.tsx';
import { useFilters } from '../parts/filters.tsx';
import { Card, Page } from '../parts/page.tsx';
import { type Column, Pager, Table } from '../parts/table.tsx';
import { Ago, remaining } from '../parts/time.tsx';
import { said, t } from '../words/words.ts';
import { ServiceForm } from './service/edit.tsx';

type Asking = readonly [what: 'edit' | 'remove', service: LinkedService];

export default function Services() {
  const filters = useFilters();
  const list = useResource<readonly LinkedService[]>('/v1/linked-services', filters.query, {
    watch: ['service'],
  });
  const [creating, setCreating] = useState(false);
  const [asking, setAsking] = useState<Asking | null>(null);
  const create = may('tenant_admin') && (
    <Button kind="primary" icon="plus" press={() => setCreating(true)}>
      {t('services.create')}
    </Button>
  );
  return (
    <Page title={t('services.title')} about={t('services.about')} actions={create}>
      <Card flush>
        <Table
          caption={t('services.title')}
          columns={columns(setAsking)}
          list={list}
          keyOf={({ linked_service_id: id }) => id}
          empty={
            <Empty icon="services" title={t('services.empty')} action={create}>
              {t('services.empty.about')}
            </Empty>
          }
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {creating && <ServiceForm close={() => setCreating(false)} done={list.reload} />}
      {asking?.[0] === 'edit' && (
        <ServiceForm service={asking[1]} close={() => setAsking(null)} done={list.reload} />
      )}
      {asking?.[0] === 'remove' && (
        <Remove service={asking[1]} close={() => setAsking(null)} reload={list.reload} />
      )}
    </Page>
  );
}

function columns(ask: (asking: Asking) => void): readonly Column<LinkedService>[] {
  return [
    {
      name: t('service.product'),
      cell: ({ product_key: key, base_url: url }) => (
        <span class="stacked">
          <bdi>{key}</bdi>
          <bdi class="faint plain" dir="ltr">
            {url}
          </bdi>
        </span>
      ),
    },
    { name: t('service.breaker'), cell: (service) => <Breaker service={service} /> },
    { name: t('service.health'), cell: ({ health_status: health }) => <Badge state={health} /> },
    { name: t('service.checked'), cell: ({ last_health_check_at: at }) => <Ago at={at} />, wide: true },
    { name: t('service.failure'), cell: ({ fail_mode: mode }) => said('failure', mode), wide: true },
    ...(may('tenant_admin')
      ? [
          {
            name: t('actions'),
            cell: (service: LinkedService) => (
              <span class="row-actions">
                <Button press={() => ask(['edit', service])}>{t('edit')}</Button>
                <Button kind="danger" press={() => ask(['remove', service])}>
                  {t('service.remove')}
                </Button>
              </span>
            ),
          },
        ]
      : []),
  ];
}

function Breaker({ service: { breaker } }: { readonly service: LinkedService }) {
  const { state, failures = 0, retry_at: retry } = breaker;
  return (
    <span class="stacked">
      <Badge state={state} word="breaker" />
      {failures > 0 && <span class="faint">{t('service.breaker.failures', { count: failures })}</span>}
      {retry !== undefined && <Retry at={retry} />}
    </span>
  );
}

function Retry({ at }: { readonly at: string }) {
  const wait = remaining(Date.parse(at));
  const text = wait === null ? t('service.breaker.ready') : t('service.breaker.retry', { wait });
  return <span class="faint">{text}</span>;
}

function Remove({
  service: { product_key: name, linked_service_id: id },
  close,
  reload,
}: {
  readonly service: LinkedService;
  readonly close: () => void;
  readonly reload: () => void;
}) {
  return (
    <Confirm
      title={t('service.remove.title', { name })}
      text={t('service.remove.text')}
      action={t('service.remove')}
      close={close}
      run={async () => {
        await call('DELETE', `/v1/linked-services/${id}`);
        tell(t('service.removed', { name }));
        reload();
      }}
    />
  );
}
