import { t } from '../words/words.ts';
import { IconButton } from './button.tsx';
import { attempt } from './toast.tsx';

/** An identifier or a secret, which nobody types: it runs from left to right in every language. */
export function Copyable({ text }: { readonly text: string }) {
  return (
    <span class="copyable">
      <code dir="ltr">{text}</code>
      <IconButton
        icon="copy"
        label={t('copy')}
        press={() => void attempt(() => navigator.clipboard.writeText(text), t('copied'))}
      />
    </span>
  );
}
