import { IconButton } from '../parts/button.tsx';
import { Icon } from '../parts/icon.tsx';
import { language, speak, t } from '../words/words.ts';
import { chooseTheme, theme } from './theme.ts';

export function ThemeSwitch() {
  const dark = theme() === 'dark';
  return (
    <IconButton
      icon={dark ? 'sun' : 'moon'}
      label={t(dark ? 'theme.light' : 'theme.dark')}
      press={() => chooseTheme(dark ? 'light' : 'dark')}
    />
  );
}

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
