import { IconButton } from '../parts/button.tsx';
import { t } from '../words/words.ts';
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
