/** Which palms somebody has here, and which hands may be used. */

import { Empty } from '../../../../pages/app/parts/states.tsx';
import { attempt } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { may } from '../../api/session.ts';
import type { Restriction, User } from '../../api/wire.ts';
import { Card } from '../../parts/page.tsx';
import { When } from '../../parts/time.tsx';
import { said, t } from '../../words/words.ts';

const restrictions: readonly Restriction[] = ['all', 'left', 'right', 'disable'];

export function Palms({ user, reload }: { readonly user: User; readonly reload: () => void }) {
  const restrict = (restriction: Restriction): void => {
    const path = `/v1/users/${user.user_id}/palm-restriction`;
    void attempt(() => call('PUT', path, { body: { restriction } }), t('saved')).then(reload);
  };
  return (
    <Card title={t('user.palms')}>
      {user.palms.length === 0 ? (
        <Empty icon="challenges" title={t('user.palms.none')}>
          {t('user.palms.about')}
        </Empty>
      ) : (
        <ul class="things">
          {user.palms.map((palm) => (
            <li key={palm.feature_id}>
              <span>
                <strong>{said('palm', palm.palm_type)}</strong>
                <span class="faint">{t('user.palm.samples', { count: palm.samples })}</span>
              </span>
              <span class="faint">
                <When at={palm.created_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <fieldset class="choice" disabled={!may('operator')}>
        <legend>{t('user.restriction')}</legend>
        {restrictions.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="restriction"
              value={each}
              checked={user.palm_restriction === each}
              onChange={() => restrict(each)}
            />
            {said('restriction', each)}
          </label>
        ))}
      </fieldset>
    </Card>
  );
}
