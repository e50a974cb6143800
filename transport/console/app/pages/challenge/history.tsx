import { Empty } from '../../../../pages/app/parts/states.tsx';
import { at } from '../../address.ts';
import { withQuery } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { Challenge } from '../../api/wire.ts';
import { Card } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { t } from '../../words/words.ts';
import { challengeColumns } from './columns.tsx';

/** Latest ones shown; the list of challenges has them all. */
const SHOWN = 10;

/** The latest challenges of one person or one scanner, kept up to date. */
export function History({
  of,
  title,
}: {
  readonly of: { readonly user_id: string } | { readonly device_id: string };
  readonly title: string;
}) {
  const list = useResource<readonly Challenge[]>(
    '/v1/challenges',
    { ...of, page_size: SHOWN },
    { watch: ['challenge'] },
  );
  return (
    <Card
      flush
      title={title}
      actions={<a href={withQuery(at('/challenges'), of)}>{t('dashboard.latest.all')}</a>}
    >
      <Table
        caption={title}
        columns={challengeColumns()}
        list={list}
        keyOf={({ challenge_id: id }) => id}
        go={({ challenge_id: id }) => at(`/challenges/${id}`)}
        empty={<Empty icon="challenges" title={t('challenges.empty')} />}
      />
    </Card>
  );
}
