/** What was done and decided: of a tenant, and on a page of its own of the deployment. */
import { useState } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Dialog } from '../../../pages/app/parts/dialog.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { AuditEntry } from '../api/wire-admin.ts';
import { Badge } from '../parts/badge.tsx';
import { DayFilter, Filter, TextFilter, useFilters } from '../parts/filters.tsx';
import { Card, Facts, Page } from '../parts/page.tsx';
import { type Column, Pager, Table } from '../parts/table.tsx';
import { When } from '../parts/time.tsx';
import { number, said, t } from '../words/words.ts';
import { Verification } from './audit/verification.tsx';

export default function Audit() {
  return (
    <Page title={t('audit.title')} about={t('audit.about')}>
      {may('tenant_admin') && <Verification path="/v1/audit-logs/verification" />}
      <Log path="/v1/audit-logs" />
    </Page>
  );
}

/** Filters, the list, and one record of it. */
export function Log({ path }: { readonly path: string }) {
  const filters = useFilters();
  const list = useResource<readonly AuditEntry[]>(path, filters.query, { watch: ['audit'] });
  const [shown, setShown] = useState<AuditEntry | null>(null);
  return (
    <>
      <div class="filters">
        <TextFilter filters={filters} name="event_type" label={t('audit.event')} />
        <TextFilter filters={filters} name="actor" label={t('audit.actor')} />
        <TextFilter filters={filters} name="user_id" label={t('audit.user')} />
        <Filter
          filters={filters}
          name="severity"
          label={t('audit.severity')}
          options={(['info', 'warning', 'high'] as const).map((each) => [each, said('severity', each)])}
        />
        <DayFilter filters={filters} name="date_from" label={t('audit.from')} />
        <DayFilter filters={filters} name="date_to" label={t('audit.to')} />
      </div>
      <Card flush>
        <Table
          caption={t('audit.title')}
          columns={columns(setShown)}
          list={list}
          keyOf={({ seq }) => String(seq)}
          empty={<Empty icon="audit" title={t('audit.none')} />}
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {shown !== null && <Shown entry={shown} close={() => setShown(null)} />}
    </>
  );
}

function columns(show: (entry: AuditEntry) => void): readonly Column<AuditEntry>[] {
  return [
    { name: t('audit.event'), cell: ({ event_type: type }) => <bdi dir="ltr">{type}</bdi> },
    {
      name: t('audit.severity'),
      cell: ({ severity }) => <Badge state={severity} word="severity" />,
    },
    { name: t('audit.at'), cell: ({ created_at: at }) => <When at={at} /> },
    { name: t('audit.actor'), cell: ({ actor }) => <Actor actor={actor} />, wide: true },
    { name: t('audit.seq'), cell: ({ seq }) => number(seq), numeric: true, wide: true },
    {
      name: t('audit.details'),
      cell: (entry) => <Button press={() => show(entry)}>{t('audit.show')}</Button>,
    },
  ];
}

/** What kind of actor, and as much of its identifier as tells one from another; all of it is in the details. */
function Actor({ actor }: { readonly actor: string }) {
  return (
    <bdi dir="ltr" class="nowrap" title={actor}>
      {actor.replace(/(\/[0-9a-f]{8})-[0-9a-f-]{27}$/, '$1…')}
    </bdi>
  );
}

function Shown({ entry, close }: { readonly entry: AuditEntry; readonly close: () => void }) {
  return (
    <Dialog title={t('audit.record', { seq: entry.seq })} close={close}>
      <Facts
        rows={[
          [t('audit.event'), <bdi key="event">{entry.event_type}</bdi>],
          [t('audit.actor'), <bdi key="actor">{entry.actor}</bdi>],
          [t('audit.user'), entry.user_id !== null && <Copyable key="user" text={entry.user_id} />],
          [t('audit.hash'), <Copyable key="hash" text={entry.hash} />],
        ]}
      />
      <pre dir="ltr" class="details">
        {JSON.stringify(entry.details, null, 2)}
      </pre>
    </Dialog>
  );
}
