/** Index shards: how large, how searched, how well, and how far behind the log. */
import { useId, useState } from 'preact/hooks';
import { now } from '../../../pages/app/parts/now.ts';
import { number, percent } from '../../../pages/app/words/speech.ts';
import { useRead } from '../api/read.ts';
import type { Shard, Shards as ShardsWire } from '../api/wire.ts';
import { t } from '../words/words.ts';
import { type Column, EVERY_MS, List, PAGE_ROWS, Pages, Since, Tenant } from './lists.tsx';

const sorts = ['templates', 'bytes', 'replay_lag', 'file_age', 'recall'] as const;
type Sort = (typeof sorts)[number];

const tones: Readonly<Record<string, string>> = {
  hnsw: 'good',
  flat: 'good',
  building: 'info',
  loading: 'warn',
};

const columns = (): readonly Column<Shard>[] => [
  { name: t('tenant'), cell: (shard) => <Tenant id={shard.tenant_id} name={shard.tenant_name} /> },
  {
    name: t('shard.mode'),
    cell: ({ mode }) => <span class={`badge ${tones[mode] ?? ''}`}>{mode}</span>,
  },
  { name: t('shard.palms'), numeric: true, cell: ({ palms }) => number(palms) },
  { name: t('shard.templates'), numeric: true, cell: ({ templates }) => number(templates) },
  {
    name: t('shard.bytes'),
    numeric: true,
    cell: ({ bytes }) =>
      number(bytes / 1e6, { style: 'unit', unit: 'megabyte', maximumSignificantDigits: 3 }),
  },
  {
    name: t('shard.recall'),
    numeric: true,
    cell: ({ recall_sample: recall }) =>
      recall === null ? <span class="faint">–</span> : <Figure bad={recall < 0.95}>{percent(recall)}</Figure>,
  },
  {
    name: t('shard.lag'),
    numeric: true,
    cell: ({ replay_lag: lag }) => <Figure bad={lag > 0}>{number(lag)}</Figure>,
  },
  {
    name: t('shard.file'),
    cell: ({ file_age_ms: age }) =>
      age === null ? <span class="faint">–</span> : <Since at={now.value - age} />,
  },
  { name: t('shard.worker'), numeric: true, cell: ({ worker }) => number(worker) },
];

function Figure({ bad, children }: { readonly bad: boolean; readonly children: string }) {
  return <span class={bad ? 'warned' : undefined}>{children}</span>;
}

export function Shards() {
  const id = useId();
  const [sort, setSort] = useState<Sort>('templates');
  const [offset, setOffset] = useState(0);
  const read = useRead<ShardsWire>(`/shards?sort=${sort}&offset=${offset}&limit=${PAGE_ROWS}`, EVERY_MS);
  const rows = read.data?.shards ?? [];
  return (
    <List
      view="shards"
      about={t('shards.about')}
      read={read}
      rows={rows}
      keyOf={(shard) => shard.tenant_id}
      columns={columns()}
      empty={{ icon: 'palms', title: t('shards.none'), about: t('shards.none.about') }}
      actions={
        <div class="filter">
          <label for={id}>{t('shard.sort')}</label>
          <select
            id={id}
            value={sort}
            onChange={(event) => {
              setSort(event.currentTarget.value as Sort);
              setOffset(0);
            }}
          >
            {sorts.map((each) => (
              <option key={each} value={each}>
                {t(`sort.${each}`)}
              </option>
            ))}
          </select>
        </div>
      }
    >
      {read.data !== undefined && rows.length > 0 && (
        <Pages offset={offset} shown={rows.length} total={read.data.total} go={setOffset} />
      )}
    </List>
  );
}
