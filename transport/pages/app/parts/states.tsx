/** What is shown in place of what is not there: not yet, not any more, not at all. */
import type { ComponentChildren } from 'preact';
import type { Refusal } from '../api/refusal.ts';
import { t, type Word, words } from '../words/words.ts';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';

/** A refusal in the reader's language where we have words for its code, else in the engine's. */
export function refusalText(refusal: Refusal): string {
  const word = `refusal.${refusal.code}`;
  if (!(word in words)) return refusal.message;
  return t(word as Word, { request: refusal.requestId ?? '–' });
}

export function Problem({ refusal, retry }: { readonly refusal: Refusal; readonly retry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <Icon name="alert" />
      <p>{refusalText(refusal)}</p>
      {retry !== undefined && <Button press={retry}>{t('retry')}</Button>}
    </div>
  );
}

export function Empty({
  icon,
  title,
  children,
  action,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={26} />
      </span>
      <p class="empty-title">{title}</p>
      {children !== undefined && <p class="faint">{children}</p>}
      {action}
    </div>
  );
}

/** Grey lines where text will be; read out once, as one thing that is loading. */
export function Skeleton({ lines = 3 }: { readonly lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="sr-only">{t('loading')}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="bone" aria-hidden="true" />
      ))}
    </div>
  );
}
