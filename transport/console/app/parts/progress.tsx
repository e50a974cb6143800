/** How much of something is done; the number stands beside the bar. */
import { percent } from '../words/words.ts';

export function Progress({
  label,
  done,
  total,
}: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}) {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  return (
    <div class="progress">
      <progress aria-label={label} max={1} value={share} />
      <span class="numeric">{percent(share)}</span>
    </div>
  );
}
