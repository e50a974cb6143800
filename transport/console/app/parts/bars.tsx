/** Numbers beside each other, and scores against what they had to reach. Each says its number; the bar is for the eye. */
import { number, percent, t } from '../words/words.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** A token of `look/tokens.css`. */
  readonly colour: string;
}

/** Parts of a whole. */
export function Bars({ bars }: { readonly bars: readonly Bar[] }) {
  const whole = Math.max(
    1,
    bars.reduce((sum, { value }) => sum + value, 0),
  );
  return (
    <dl class="bars">
      {bars.map(({ name, value, colour }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span class="bar-track" aria-hidden="true">
              <i style={{ inlineSize: `${(100 * value) / whole}%`, background: `var(${colour})` }} />
            </span>
            <span class="numeric">{number(value)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Every score of a comparison, with a line where its threshold stands. */
export function Scores({
  scores,
  thresholds,
}: {
  /** 0 to 1. */
  readonly scores: readonly number[];
  readonly thresholds: readonly number[];
}) {
  const exact = (value: number): string =>
    number(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const within = (value: number): string => `${100 * Math.min(1, Math.max(0, value))}%`;
  return (
    <table class="scores">
      <caption class="sr-only">{t('scores.caption')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('scores.score')}</th>
          <th scope="col">
            <span class="sr-only">{t('scores.verdict')}</span>
          </th>
          <th scope="col" class="numeric">
            {t('scores.value')}
          </th>
          <th scope="col" class="numeric">
            {t('scores.threshold')}
          </th>
        </tr>
      </thead>
      <tbody>
        {scores.map((score, at) => {
          const threshold = thresholds[at] ?? 0;
          const reached = score >= threshold;
          return (
            <tr key={at}>
              <th scope="row">{number(at + 1)}</th>
              <td>
                <span class={reached ? 'score reached' : 'score missed'} aria-hidden="true">
                  <i class="score-bar" style={{ inlineSize: within(score) }} />
                  <i class="score-threshold" style={{ insetInlineStart: within(threshold) }} />
                </span>
                <span class="sr-only">{t(reached ? 'scores.reached' : 'scores.missed')}</span>
              </td>
              <td class="numeric">{exact(score)}</td>
              <td class="numeric faint">{exact(threshold)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** A share of a whole as a ring, with its number in the middle. */
export function Ring({ share, label }: { readonly share: number; readonly label: string }) {
  const length = 2 * Math.PI * 20;
  return (
    <span class="ring">
      <svg viewBox="0 0 48 48" width="48" height="48" role="img" aria-label={`${label}: ${percent(share)}`}>
        <circle cx="24" cy="24" r="20" fill="none" stroke="var(--track)" stroke-width="6" />
        <circle
          cx="24"
          cy="24"
          r="20"
          fill="none"
          stroke="var(--accent)"
          stroke-width="6"
          stroke-linecap={share === 0 ? 'butt' : 'round'}
          stroke-dasharray={`${length * share} ${length}`}
          transform="rotate(-90 24 24)"
        />
      </svg>
    </span>
  );
}
