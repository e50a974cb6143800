/** One actor: what it is doing, its redacted state, what waits for it, how it came here, and what may be done to it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Refusal } from '../../../pages/app/api/refusal.ts';
import { Refusal as Refused } from '../../../pages/app/api/refusal.ts';
import { Button, IconButton } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Empty, Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import { tell } from '../../../pages/app/parts/toast.tsx';
import { number } from '../../../pages/app/words/speech.ts';
import { call } from '../api/client.ts';
import { live } from '../api/live.ts';
import { useRead } from '../api/read.ts';
import type { ActorDetail } from '../api/wire.ts';
import { look } from '../place.ts';
import { tenantName } from '../shown.ts';
import { tenantOf } from '../tree.ts';
import { said, t } from '../words/words.ts';
import { duration, Since } from './lists.tsx';
import { Value } from './value.tsx';

const actions = ['snapshot', 'passivate', 'restart'] as const;
type Action = (typeof actions)[number];

/** It is read again this often, and at once when the stream says that it changed. */
const EVERY_MS = 2_000;

export function Detail({ address }: { readonly address: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [asked, setAsked] = useState<Action | null>(null);
  const path = `/actors/${encodeURIComponent(address)}`;
  const row = live.value?.actors.get(address);
  const turn = row === undefined ? -1 : row.handled + row.failed + row.restarts;
  const { data, refusal } = useRead<ActorDetail>(path, EVERY_MS, turn);
  useEffect(() => heading.current?.focus(), []);

  const run = async (action: Action): Promise<void> => {
    const { done } = await call<{ readonly done: boolean }>('POST', `${path}/${action}`);
    if (!done) throw new Refused('not_done', t('refusal.not_done'));
    tell(t(`done.${action}`));
  };
  const close = (): void => {
    look(null);
    document.querySelector<HTMLElement>('.tree table')?.focus();
  };
  const kind = address.slice(0, address.indexOf('/'));
  return (
    <aside
      class="detail card"
      aria-labelledby="detail-name"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && asked === null) close();
      }}
    >
      <header>
        <div>
          <p class="faint">{said('one', kind)}</p>
          <h2 id="detail-name" ref={heading} tabIndex={-1}>
            {row === undefined ? address : tenantName(tenantOf(row))}
          </h2>
        </div>
        <IconButton icon="close" label={t('close')} press={close} />
      </header>
      <Copyable text={address} />
      {refusal?.code === 'not_found' ? <Gone /> : <Known data={data} refusal={refusal} ask={setAsked} />}
      {asked !== null && (
        <Confirm
          title={t(asked)}
          text={t(`about.${asked}`)}
          action={t(asked)}
          danger={asked !== 'snapshot'}
          run={() => run(asked)}
          close={() => setAsked(null)}
        />
      )}
    </aside>
  );
}

function Gone() {
  return (
    <Empty icon="search" title={t('detail.gone')}>
      {t('detail.gone.about')}
    </Empty>
  );
}

function Known({
  data,
  refusal,
  ask,
}: {
  readonly data: ActorDetail | undefined;
  readonly refusal: Refusal | null;
  readonly ask: (action: Action) => void;
}) {
  if (data === undefined) return refusal === null ? <Skeleton lines={5} /> : <Problem refusal={refusal} />;
  return (
    <>
      {refusal !== null && <Problem refusal={refusal} />}
      <div class="actions">
        {actions.map((action) => (
          <Button key={action} kind={action === 'snapshot' ? 'plain' : 'danger'} press={() => ask(action)}>
            {t(action)}
          </Button>
        ))}
      </div>
      <Facts actor={data} />
      <h3>{t('detail.state')}</h3>
      <p class="about">{t('detail.state.about')}</p>
      <Value value={data.description} />
      <h3>{t('detail.mailbox')}</h3>
      <Mailbox actor={data} />
      <h3>{t('detail.transitions')}</h3>
      <Transitions actor={data} />
    </>
  );
}

function Facts({ actor }: { readonly actor: ActorDetail }) {
  const rows: readonly (readonly [name: string, value: string])[] = [
    [t('column.state'), actor.state],
    [t('detail.phase'), actor.phase],
    [t('column.depth'), number(actor.mailbox_depth)],
    [t('column.age'), actor.mailbox_depth === 0 ? '–' : duration(actor.oldest_age_ms)],
    [t('column.handled'), number(actor.handled)],
    [t('column.failed'), number(actor.failed)],
    [t('column.restarts'), number(actor.restarts)],
    [t('detail.effects'), number(actor.effects)],
    [t('detail.waiting'), number(actor.waiting)],
    [t('column.snapshot'), snapshotOf(actor)],
  ];
  return (
    <dl class="figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>{t('column.active')}</dt>
        <dd>
          <Since at={actor.last_active_at} />
        </dd>
      </div>
    </dl>
  );
}

function snapshotOf({ snapshot_version: version, snapshot_lag: lag }: ActorDetail): string {
  if (version === null) return '–';
  if (lag === null || lag === 0) return number(version);
  return t('detail.lag', { version, lag });
}

/** The messages that wait the longest, by their types. */
function Mailbox({ actor }: { readonly actor: ActorDetail }) {
  if (actor.mailbox.length === 0) return <p class="about">{t('detail.mailbox.none')}</p>;
  const more = actor.mailbox_depth - actor.mailbox.length;
  return (
    <ol class="steps">
      {actor.mailbox.map(({ message, age_ms: age }, place) => (
        <li key={place}>
          <code>{message}</code>
          <span class="faint">{duration(age)}</span>
        </li>
      ))}
      {more > 0 && <li class="faint">{t('detail.mailbox.more', { more })}</li>}
    </ol>
  );
}

function Transitions({ actor }: { readonly actor: ActorDetail }) {
  if (actor.transitions.length === 0) return <p class="about">{t('detail.transitions.none')}</p>;
  return (
    <ol class="steps">
      {[...actor.transitions].reverse().map(({ at, from, to, message }, place) => (
        <li key={`${at} ${actor.transitions.length - place}`}>
          <span class="step">
            {from}
            <span class="arrow">
              <span class="sr-only">{t('to')}</span>
            </span>
            <strong>{to}</strong>
          </span>
          <code>{message}</code>
          <Since at={at} />
        </li>
      ))}
    </ol>
  );
}
