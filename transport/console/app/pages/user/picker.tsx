/** Finds somebody by typing, and chooses them: radio buttons, so that keys and readers know what it is. */
import { useId, useRef, useState } from 'preact/hooks';
import { Icon } from '../../../../pages/app/parts/icon.tsx';
import { useResource } from '../../api/resource.ts';
import type { User } from '../../api/wire.ts';
import { t } from '../../words/words.ts';

const OFFERED = 6;
const REST_MS = 250;

export function UserPicker({
  name,
  label,
  fixed,
}: {
  readonly name: string;
  readonly label: string;
  readonly fixed?: User;
}) {
  const id = useId();
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<User | null>(null);
  // What was found before stays until the next is there, so that nothing jumps under the hand.
  const before = useRef<readonly User[]>([]);
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  const query = { search, status: 'active', page_size: OFFERED, sort: 'created_at', order: 'desc' };
  const { data } = useResource<readonly User[]>(fixed === undefined ? '/v1/users' : null, query);
  if (data !== undefined) before.current = data;
  const others = before.current.filter((user) => user.user_id !== chosen?.user_id);
  if (fixed !== undefined) {
    return (
      <div class="field">
        <span class="field-name">{label}</span>
        <bdi>{nameOf(fixed)}</bdi>
        <input type="hidden" name={name} value={fixed.user_id} />
      </div>
    );
  }
  return (
    <fieldset class="picker">
      <legend>{label}</legend>
      <div class="search">
        <Icon name="search" size={16} />
        <label class="sr-only" for={id}>
          {t('users.search')}
        </label>
        <input
          id={id}
          type="search"
          placeholder={t('users.search')}
          onInput={(event) => {
            const typed = event.currentTarget.value.trim();
            clearTimeout(rest.current);
            rest.current = setTimeout(() => setSearch(typed), REST_MS);
          }}
        />
      </div>
      <div class="picked">
        {data?.length === 0 && <p class="faint">{t('users.none')}</p>}
        {/* Whoever was chosen stays chosen, whatever is searched for then. */}
        {[...(chosen === null ? [] : [chosen]), ...others].map((user) => (
          <label key={user.user_id}>
            <input
              type="radio"
              name={name}
              value={user.user_id}
              checked={user.user_id === chosen?.user_id}
              onChange={() => setChosen(user)}
              required
            />
            <bdi>{nameOf(user)}</bdi>
            <span class="faint">{user.palm_enrolled ? t('user.palms.some') : t('user.palms.none')}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** What people call somebody: the first that is there. */
export function nameOf(user: User): string {
  return user.name ?? user.external_user_id ?? user.email ?? user.mobile ?? user.user_id;
}
