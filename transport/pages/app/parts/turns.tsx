/** Where in a list the part is that is shown, and the parts beside it. */
import { number } from '../words/speech.ts';
import { t } from '../words/words.ts';
import { IconButton } from './button.tsx';

export function Turns({
  from,
  to,
  total,
  before,
  after,
}: {
  /** Number of the first and of the last row that are shown, counted from one. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly before: () => void;
  readonly after: () => void;
}) {
  return (
    <nav class="pager" aria-label={t('pager')}>
      <span class="faint">
        {t('pager.range', { from: number(from), to: number(to), total: number(total) })}
      </span>
      {(from > 1 || to < total) && (
        <span class="pager-buttons">
          {from > 1 && <IconButton icon="back" label={t('pager.before')} press={before} />}
          {to < total && <IconButton icon="next" label={t('pager.after')} press={after} />}
        </span>
      )}
    </nav>
  );
}
