/** Every live actor: how the engine does in figures, the tree below, and beside it whoever is looked into. */
import { useId } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Icon } from '../../../pages/app/parts/icon.tsx';
import { Skeleton } from '../../../pages/app/parts/states.tsx';
import { clockTime } from '../../../pages/app/words/speech.ts';
import { LISTED_MAX, live, paused } from '../api/live.ts';
import { place } from '../place.ts';
import { flat, kind, search } from '../shown.ts';
import { said, t } from '../words/words.ts';
import { Detail } from './detail.tsx';
import { Tiles } from './tiles.tsx';
import { Tree } from './tree.tsx';

const kinds = [
  'device',
  'challenge',
  'webhook',
  'linked-service',
  'device-challenge',
  'tenant',
  'enrolment',
  'courier',
  'palm_migration',
] as const;

export function Actors() {
  if (live.value === null) return <Skeleton lines={8} />;
  const { actor } = place.value;
  return (
    <>
      <Tiles />
      <Tools />
      <Many />
      <div class={actor === null ? 'actors' : 'actors looking'}>
        <Tree />
        {actor !== null && <Detail key={actor} address={actor} />}
      </div>
    </>
  );
}

function Tools() {
  const id = useId();
  return (
    <div class="filters">
      <div class="search">
        <Icon name="search" size={16} />
        <label class="sr-only" for={`${id}-search`}>
          {t('search')}
        </label>
        <input
          id={`${id}-search`}
          type="search"
          placeholder={t('search')}
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value.trim();
          }}
        />
      </div>
      <select
        aria-label={t('filter.kind')}
        value={kind.value}
        onChange={(event) => {
          kind.value = event.currentTarget.value;
        }}
      >
        <option value="">{t('all')}</option>
        {kinds.map((each) => (
          <option key={each} value={each}>
            {said('kind', each)}
          </option>
        ))}
      </select>
      <fieldset class="either">
        <legend class="sr-only">{t('shape.about')}</legend>
        {[false, true].map((shape) => (
          <button
            key={String(shape)}
            type="button"
            aria-pressed={flat.value === shape}
            onClick={() => {
              flat.value = shape;
            }}
          >
            {t(shape ? 'shape.list' : 'shape.tree')}
          </button>
        ))}
      </fieldset>
      <span class="spring" />
      {paused.value && (
        <span class="warned">{t('paused.about', { time: clockTime(live.value?.picture.at ?? 0) })}</span>
      )}
      <Button
        press={() => {
          paused.value = !paused.value;
        }}
      >
        {t(paused.value ? 'resume' : 'pause')}
      </Button>
    </div>
  );
}

/** Says so when the engine has more actors than it lists. */
function Many() {
  const picture = live.value?.picture;
  if (picture === undefined || picture.listed < LISTED_MAX) return null;
  const total = picture.counts.live ?? picture.listed;
  if (total <= picture.listed) return null;
  return <p class="many warned">{t('actors.first', { shown: picture.listed, total })}</p>;
}
