import type { Challenge } from '../../api/wire.ts';
import { Badge } from '../../parts/badge.tsx';
import type { Column } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { number, said, t } from '../../words/words.ts';

/** How challenges are listed, wherever they are. */
export function challengeColumns(): readonly Column<Challenge>[] {
  return [
    { name: t('challenge.type'), cell: ({ type }) => said('type', type) },
    { name: t('status'), cell: ({ status }) => <Badge state={status} /> },
    { name: t('challenge.user'), cell: (challenge) => <Whom challenge={challenge} /> },
    { name: t('challenge.hand'), cell: ({ palm_type: hand }) => said('hand', hand ?? 'any'), wide: true },
    {
      name: t('challenge.device'),
      cell: ({ hardware_id: hardware, device_id: id }) => <code dir="ltr">{hardware ?? id.slice(0, 8)}</code>,
      wide: true,
    },
    { name: t('challenge.confidence'), cell: confidenceOf, numeric: true, wide: true },
    { name: t('created'), cell: ({ created_at: created }) => <Ago at={created} />, numeric: true },
  ];
}

function confidenceOf({ result }: Challenge) {
  if (result === undefined) return <span class="faint">–</span>;
  return number(result.confidence, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}

/** By the integrator's own identifier where there is one: it is what their people know. */
export function Whom({ challenge }: { readonly challenge: Pick<Challenge, 'user_id' | 'external_user_id'> }) {
  const { external_user_id: external, user_id: id } = challenge;
  return <code dir="ltr">{external ?? `${id.slice(0, 8)}…`}</code>;
}
