import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

type Kind = 'primary' | 'plain' | 'danger' | 'quiet';

interface Look {
  readonly kind?: Kind;
  readonly icon?: IconName;
  readonly children: ComponentChildren;
}

/** `busy` keeps it in place and says so: a second press does nothing. */
export function Button({
  kind = 'plain',
  icon,
  children,
  busy = false,
  submits = false,
  disabled = false,
  press,
}: Look & {
  readonly busy?: boolean;
  readonly submits?: boolean;
  readonly disabled?: boolean;
  readonly press?: () => void;
}) {
  return (
    <button
      type={submits ? 'submit' : 'button'}
      class={`button ${kind}`}
      disabled={disabled}
      aria-busy={busy}
      onClick={() => {
        if (!busy) press?.();
      }}
    >
      {busy ? (
        <span class="spinner" aria-hidden="true" />
      ) : (
        icon !== undefined && <Icon name={icon} size={16} />
      )}
      <span>{children}</span>
    </button>
  );
}

/** Only a picture: `label` is what it says. */
export function IconButton({
  icon,
  label,
  press,
  pressed,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly press: () => void;
  readonly pressed?: boolean;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={press}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Goes somewhere, and looks like a button. */
export function LinkButton({ kind = 'plain', icon, children, href }: Look & { readonly href: string }) {
  return (
    <a class={`button ${kind}`} href={href}>
      {icon !== undefined && <Icon name={icon} size={16} />}
      <span>{children}</span>
    </a>
  );
}
