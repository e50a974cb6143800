import { Icon } from '../parts/icon.tsx';
import { language, speak } from '../words/speech.ts';
import { t } from '../words/words.ts';

/** Says the other language in that language, so that whoever needs it can read it. */
export function LanguageSwitch() {
  const other = language.value === 'ar' ? 'en' : 'ar';
  return (
    <button type="button" class="button quiet" lang={other} onClick={() => speak(other)}>
      <Icon name="language" size={16} />
      <span>{t('language.other')}</span>
    </button>
  );
}
