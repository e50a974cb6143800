/** The receipt of an erasure: pending until no file holds the palms any more. */

import { Copyable } from '../../../../pages/app/parts/copy.tsx';
import { useResource } from '../../api/resource.ts';
import type { Erasure } from '../../api/wire.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card, Facts } from '../../parts/page.tsx';
import { When } from '../../parts/time.tsx';
import { number, t } from '../../words/words.ts';

export function Receipt({ erasure }: { readonly erasure: Erasure }) {
  const { erasure_id: id } = erasure;
  const { data = erasure } = useResource<Erasure>(`/v1/erasures/${id}`, {}, { watch: ['erasure'], id });
  return (
    <Card title={t('erasure.receipt')} about={t(`erasure.${data.status}`)}>
      <Facts
        rows={[
          [t('status'), <Badge key="status" state={data.status} />],
          [t('erasure.requested'), <When key="requested" at={data.requested_at} />],
          [t('erasure.completed'), <When key="completed" at={data.completed_at} />],
          [t('erasure.palms'), number(data.feature_ids.length)],
          [t('erasure.number'), <Copyable key="number" text={id} />],
          [t('user.identifier'), <Copyable key="identifier" text={data.user_id} />],
        ]}
      />
    </Card>
  );
}
