/** A few keys for those who live here: `/` searches, `g` and a letter goes, `?` tells. Never while somebody types. */
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { Dialog } from '../../../pages/app/parts/dialog.tsx';
import { at } from '../address.ts';
import { may } from '../api/session.ts';
import { pages } from '../pages.tsx';
import { t } from '../words/words.ts';

/** How long `g` waits for its letter. */
const LETTER_MS = 1_500;

export function Keys() {
  const { route } = useLocation();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    let going = 0;
    const pressed = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (Date.now() - going < LETTER_MS) {
        going = 0;
        const page = pages.find(({ key, role }) => key === event.key && may(role));
        if (page !== undefined) route(at(page.path));
        return;
      }
      if (event.key === 'g') going = Date.now();
      if (event.key === '?') setShown(true);
      if (event.key !== '/') return;
      event.preventDefault();
      document.querySelector<HTMLElement>('[data-search]')?.focus();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [route]);
  if (!shown) return null;
  const rows = pages.filter(({ key, role, entry }) => key !== undefined && entry !== undefined && may(role));
  return (
    <Dialog title={t('keys.title')} close={() => setShown(false)}>
      <dl class="keys">
        <div>
          <dt>{t('keys.search')}</dt>
          <dd>
            <kbd>/</kbd>
          </dd>
        </div>
        {rows.map(({ path, key, entry }) => (
          <div key={path}>
            <dt>{entry !== undefined && t(entry.word)}</dt>
            <dd>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
}
