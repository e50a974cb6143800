/** Messages that nobody took: who they were for, and why they were not taken. */
import { number } from '../../../pages/app/words/speech.ts';
import { useRead } from '../api/read.ts';
import type { DeadLetters } from '../api/wire.ts';
import { at } from '../place.ts';
import { said, t } from '../words/words.ts';
import { EVERY_MS, List, Since } from './lists.tsx';

export function Letters() {
  const read = useRead<DeadLetters>('/actors/dead-letters', EVERY_MS);
  const { total = 0, recent = [] } = read.data ?? {};
  return (
    <List
      view="letters"
      about={t('letters.about', { kept: number(recent.length), total: number(total) })}
      read={read}
      rows={[...recent].reverse()}
      keyOf={(letter, place) => `${letter.at} ${letter.key} ${place}`}
      columns={[
        { name: t('letter.at'), cell: (letter) => <Since at={letter.at} /> },
        {
          name: t('column.name'),
          cell: ({ kind, key }) => (
            <a href={at('actors', `${kind}/${key}`)}>
              <code>
                {kind}/{key}
              </code>
            </a>
          ),
        },
        { name: t('letter.message'), cell: ({ message }) => <code>{message}</code> },
        { name: t('letter.reason'), cell: ({ reason }) => said('reason', reason) },
      ]}
      empty={{ icon: 'check', title: t('letters.none'), about: t('letters.none.about') }}
    />
  );
}
