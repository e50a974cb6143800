import type { Statistics } from '../../api/wire.ts';
import { Plot } from '../../parts/plot.tsx';
import { t } from '../../words/words.ts';

const HOUR_MS = 3_600_000;
/** As far back as the numbers of a tenant look. */
const DAYS = 7;
/** Of one bar: a week of single hours is a comb. */
const HOURS_A_BAR = 4;

/** Palms shown in the last seven days, those that were recognised and those that were not. */
export default function Activity({ activity }: { readonly activity: Statistics['auth_activity'] }) {
  const wide = HOURS_A_BAR * HOUR_MS;
  const end = (Math.floor(Date.now() / wide) + 1) * wide;
  const bars = (DAYS * 24) / HOURS_A_BAR;
  const starts = Array.from({ length: bars }, (_, bar) => end - (bars - bar) * wide);
  const sum = (name: 'succeeded' | 'failed'): number[] => {
    const sums = starts.map(() => 0);
    for (const hour of activity.by_hour) {
      const bar = Math.floor((Date.parse(hour.hour) - (starts[0] ?? 0)) / wide);
      if (bar >= 0 && bar < bars) sums[bar] = (sums[bar] ?? 0) + hour[name];
    }
    return sums;
  };
  const [succeeded, failed] = [sum('succeeded'), sum('failed')];
  const total = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  return (
    <Plot
      times={starts.map((start) => start / 1_000)}
      series={[
        { name: t('dashboard.succeeded'), colour: '--chart', values: succeeded },
        { name: t('dashboard.failed'), colour: '--chart-second', values: failed },
      ]}
      label={t('dashboard.activity.label', { succeeded: total(succeeded), failed: total(failed) })}
    />
  );
}
