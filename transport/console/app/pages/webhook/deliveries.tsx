/** What a webhook was sent, live, and sending it again. */
import { useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Field, Form } from '../../../../pages/app/parts/form.tsx';
import { Empty } from '../../../../pages/app/parts/states.tsx';
import { attempt, tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import { may } from '../../api/session.ts';
import type { Delivery, Replayed, Webhook } from '../../api/wire-admin.ts';
import { Badge } from '../../parts/badge.tsx';
import { Filter, useFilters } from '../../parts/filters.tsx';
import { Card } from '../../parts/page.tsx';
import { type Column, Pager, Table } from '../../parts/table.tsx';
import { Ago, When } from '../../parts/time.tsx';
import { number, said, t } from '../../words/words.ts';
import { webhookEvents } from './events.ts';

export function Deliveries({ webhook }: { readonly webhook: Webhook }) {
  const { webhook_id: id, status } = webhook;
  const filters = useFilters();
  const path = `/v1/webhooks/${id}/deliveries`;
  const list = useResource<readonly Delivery[]>(path, filters.query, { watch: ['delivery'], id });
  const [choosing, setChoosing] = useState(false);
  const filtered = ['status', 'event_type'].some((name) => filters.values[name] !== undefined);
  // What is disabled takes no more deliveries.
  const replays = may('operator') && status === 'active';
  const replay = ({ delivery_id: delivery }: Delivery): void => {
    void attempt(() => call('POST', `${path}/${delivery}/replay`), t('delivery.replayed')).then(list.reload);
  };
  return (
    <Card
      flush
      title={t('deliveries.title')}
      actions={replays && <Button press={() => setChoosing(true)}>{t('deliveries.replay')}</Button>}
    >
      <div class="filters inside">
        <Filter
          filters={filters}
          name="status"
          label={t('status')}
          options={(['pending', 'delivered', 'failed'] as const).map((each) => [each, said('status', each)])}
        />
        <Filter
          filters={filters}
          name="event_type"
          label={t('delivery.event')}
          options={[...webhookEvents, 'webhook.test'].map((each) => [each, said('event', each)])}
        />
      </div>
      <Table
        caption={t('deliveries.title')}
        columns={columns(replays ? replay : null)}
        list={list}
        keyOf={({ delivery_id: delivery }) => delivery}
        empty={
          <Empty icon="webhooks" title={t(filtered ? 'deliveries.none' : 'deliveries.empty')}>
            {filtered ? undefined : t('deliveries.empty.about')}
          </Empty>
        }
      />
      <Pager pagination={list.pagination} turn={filters.turn} />
      {choosing && <ReplayRange webhookId={id} close={() => setChoosing(false)} done={list.reload} />}
    </Card>
  );
}

function columns(replay: ((delivery: Delivery) => void) | null): readonly Column<Delivery>[] {
  return [
    { name: t('delivery.event'), cell: ({ event_type: type }) => said('event', type) },
    { name: t('status'), cell: ({ status }) => <Badge state={status} /> },
    { name: t('delivery.attempts'), cell: ({ attempts }) => number(attempts), numeric: true },
    { name: t('delivery.answer'), cell: (delivery) => <Answer delivery={delivery} /> },
    { name: t('created'), cell: ({ created_at: at }) => <When at={at} />, wide: true },
    {
      name: t('delivery.next'),
      cell: ({ next_attempt_at: next }) =>
        next === undefined ? <span class="faint">–</span> : <Ago at={next} />,
      wide: true,
    },
    ...(replay === null
      ? []
      : [
          {
            name: t('actions'),
            cell: (delivery: Delivery) => (
              <Button press={() => replay(delivery)}>{t('delivery.replay')}</Button>
            ),
          },
        ]),
  ];
}

/** The status the endpoint answered with, or why there was none, as the engine says it. */
function Answer({ delivery: { last_status: status, last_error: error } }: { readonly delivery: Delivery }) {
  const text = error ?? (status === null ? '–' : String(status));
  return <bdi dir="ltr">{text}</bdi>;
}

function ReplayRange({
  webhookId,
  close,
  done,
}: {
  readonly webhookId: string;
  readonly close: () => void;
  readonly done: () => void;
}) {
  return (
    <Dialog title={t('deliveries.replay')} close={close}>
      <p>{t('deliveries.replay.about')}</p>
      <Form
        action={t('deliveries.replay.action')}
        cancel={close}
        submit={async ({ from = '', to = '' }) => {
          const body = { from: moment(from), to: moment(to) };
          const { data } = await call<Replayed>('POST', `/v1/webhooks/${webhookId}/replay`, { body });
          tell(t('deliveries.replayed', { count: data.replayed }));
          close();
          done();
        }}
      >
        <Field name="from" type="datetime-local" label={t('deliveries.replay.from')} required ltr />
        <Field name="to" type="datetime-local" label={t('deliveries.replay.to')} required ltr />
      </Form>
    </Dialog>
  );
}

/** What the browser gives is the reader's own time, without a zone. */
function moment(local: string): string {
  return new Date(local).toISOString();
}
