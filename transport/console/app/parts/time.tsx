/** Moments: how long ago, in how long, and exactly when for whoever asks. */
import { now } from '../../../pages/app/parts/now.ts';
import { ago, dateTime, number, t } from '../words/words.ts';

export function Ago({ at }: { readonly at: string | null | undefined }) {
  if (at === null || at === undefined) return <span class="faint">{t('never')}</span>;
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at, now.value)}
    </time>
  );
}

export function When({ at }: { readonly at: string | null | undefined }) {
  if (at === null || at === undefined) return <span class="faint">–</span>;
  return <time dateTime={at}>{dateTime(at)}</time>;
}

/** Minutes and seconds until a moment; null once it has come. */
export function remaining(until: number): string | null {
  const seconds = Math.ceil((until - now.value) / 1_000);
  if (seconds <= 0) return null;
  const two = (value: number): string => number(value, { minimumIntegerDigits: 2 });
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
