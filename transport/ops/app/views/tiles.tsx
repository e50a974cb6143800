/** How the engine does, in a few figures. */
import { number } from '../../../pages/app/words/speech.ts';
import { live } from '../api/live.ts';
import { t } from '../words/words.ts';

export function Tiles() {
  if (live.value === null) return null;
  const { picture, rates, actors } = live.value;
  const count = (name: string): number => picture.counts[name] ?? 0;
  let waiting = 0;
  for (const actor of actors.values()) waiting += actor.mailbox_depth;
  const rate = rates.at(-1);
  const tiles: readonly (readonly [name: string, value: number, bad: boolean])[] = [
    [t('tile.live'), count('live'), false],
    [t('tile.waiting'), waiting, false],
    [t('tile.failed'), count('failed'), count('failed') > 0],
    [t('tile.restarts'), count('restarts'), count('restarts') > 0],
    [t('tile.scanners'), picture.connections, false],
  ];
  return (
    <dl class="tiles">
      <div class="tile wide">
        <dt>{t('tile.rate')}</dt>
        <dd>{rate === undefined ? '–' : number(rate, { maximumFractionDigits: rate < 10 ? 1 : 0 })}</dd>
        <Line values={rates} />
      </div>
      {tiles.map(([name, value, bad]) => (
        <div key={name} class="tile">
          <dt>{name}</dt>
          <dd class={bad ? 'bad' : undefined}>{number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const [WIDTH, HEIGHT] = [160, 34];

/** The last minute or two, without a scale: the figure beside it says how much, this says whether it moves. */
function Line({ values }: { readonly values: readonly number[] }) {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const step = WIDTH / (values.length - 1);
  const points = values.map(
    (value, at) => `${(at * step).toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`,
  );
  return (
    <svg class="line" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
      <polyline points={points.join(' ')} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
