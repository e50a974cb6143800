/** What every page is made of: a heading with its actions, and sections under it. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Icon } from '../../../pages/app/parts/icon.tsx';
import { t } from '../words/words.ts';

export function Page({
  title,
  about,
  back,
  actions,
  children,
}: {
  readonly title: string;
  /** One sentence: what the page is for. */
  readonly about?: string;
  /** Where this page is one of. */
  readonly back?: { readonly href: string; readonly name: string };
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · ${t('product')}`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div>
          {back !== undefined && (
            <a class="back" href={back.href}>
              <Icon name="back" size={14} />
              {back.name}
            </a>
          )}
          <h1>{title}</h1>
          {about !== undefined && <p class="about">{about}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Card({
  title,
  about,
  actions,
  flush = false,
  children,
}: {
  readonly title?: string;
  readonly about?: string;
  readonly actions?: ComponentChildren;
  /** Without space around what is in it, such as a table. */
  readonly flush?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <section class={flush ? 'card flush' : 'card'}>
      {title !== undefined && (
        <div class="card-head">
          <div>
            <h2>{title}</h2>
            {about !== undefined && <p class="about">{about}</p>}
          </div>
          {actions !== undefined && <div class="actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

/** Names and what they stand for. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, value: ComponentChildren])[];
}) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{isNothing(value) ? <span class="faint">–</span> : value}</dd>
        </div>
      ))}
    </dl>
  );
}

function isNothing(value: ComponentChildren): boolean {
  return value === null || value === undefined || value === '' || value === false;
}
