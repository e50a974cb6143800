/** Where a tenant's own systems are told of what happens. */
import { useState } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { at } from '../address.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { Webhook } from '../api/wire-admin.ts';
import { Badge } from '../parts/badge.tsx';
import { Card, Page } from '../parts/page.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { When } from '../parts/time.tsx';
import { t } from '../words/words.ts';
import { CreateWebhook } from './webhook/edit.tsx';

export default function Webhooks() {
  const list = useResource<readonly Webhook[]>('/v1/webhooks', {}, { watch: ['webhook'] });
  const [creating, setCreating] = useState(false);
  const create = may('tenant_admin') && (
    <Button kind="primary" icon="plus" press={() => setCreating(true)}>
      {t('webhooks.create')}
    </Button>
  );
  return (
    <Page title={t('webhooks.title')} about={t('webhooks.about')} actions={create}>
      <Card flush>
        <Table
          caption={t('webhooks.title')}
          columns={columns()}
          list={list}
          keyOf={({ webhook_id: id }) => id}
          go={({ webhook_id: id }) => at(`/webhooks/${id}`)}
          empty={
            <Empty icon="webhooks" title={t('webhooks.empty')} action={create}>
              {t('webhooks.empty.about')}
            </Empty>
          }
        />
      </Card>
      {creating && <CreateWebhook close={() => setCreating(false)} done={list.reload} />}
    </Page>
  );
}

function columns(): readonly Column<Webhook>[] {
  return [
    { name: t('name'), cell: ({ name }) => <bdi>{name}</bdi> },
    { name: t('status'), cell: ({ status }) => <Badge state={status} /> },
    { name: t('webhook.endpoint'), cell: ({ endpoint }) => <bdi dir="ltr">{endpoint}</bdi>, wide: true },
    {
      name: t('webhook.events'),
      cell: ({ events }) => t('webhook.events.some', { count: events.length }),
      wide: true,
    },
    { name: t('created'), cell: ({ created_at: created }) => <When at={created} />, wide: true },
  ];
}
