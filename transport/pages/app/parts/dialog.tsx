/** Dialogs: the browser's own, which keeps the keyboard inside and gives it back where it was. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../words/words.ts';
import { IconButton } from './button.tsx';

export function Dialog({
  title,
  close,
  held = false,
  children,
}: {
  readonly title: string;
  /** Escape, the cross, or a press beside it. */
  readonly close: () => void;
  /** What is shown only once is not lost by a press beside it. */
  readonly held?: boolean;
  readonly children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // A dialog without a field begins at its heading, not at the cross.
    dialog?.querySelector<HTMLElement>('[autofocus], input, select, textarea')?.focus();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same, by the browser.
    <dialog
      ref={element}
      aria-labelledby={name}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => {
        if (event.target === element.current && !held) close();
      }}
    >
      <div class="dialog">
        <header>
          <h2 id={name}>{title}</h2>
          <IconButton icon="close" label={t('close')} press={close} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
