import { at } from '../../address.ts';
import { useResource } from '../../api/resource.ts';
import type { Challenge } from '../../api/wire.ts';
import { Card } from '../../parts/page.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { t } from '../../words/words.ts';
import { challengeColumns } from '../challenge/columns.tsx';

/** Latest ones shown; the list of challenges has them all. */
const SHOWN = 10;

export function UserChallenges({ userId }: { readonly userId: string }) {
  const query = { user_id: userId, page_size: SHOWN };
  const list = useResource<readonly Challenge[]>('/v1/challenges', query, { watch: ['challenge'] });
  return (
    <Card
      flush
      title={t('user.history')}
      actions={<a href={at(`/challenges?user_id=${userId}`)}>{t('dashboard.latest.all')}</a>}
    >
      <Table
        caption={t('user.history')}
        columns={challengeColumns()}
        list={list}
        keyOf={({ challenge_id: id }) => id}
        go={({ challenge_id: id }) => at(`/challenges/${id}`)}
        empty={<Empty icon="challenges" title={t('user.history.none')} />}
      />
    </Card>
  );
}
