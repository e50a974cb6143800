/** Dark or light: as the system says, until somebody chooses. */
import { effect, signal } from '@preact/signals';
import { language } from '../words/speech.ts';

export type Theme = 'light' | 'dark';
const KEPT = 'thenar.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function kept(): Theme | null {
  const theme = localStorage.getItem(KEPT);
  return theme === 'light' || theme === 'dark' ? theme : null;
}

const chosen = signal<Theme | null>(kept());
const preferred = signal<Theme>(system.matches ? 'dark' : 'light');
system.addEventListener('change', ({ matches }) => {
  preferred.value = matches ? 'dark' : 'light';
});

export function theme(): Theme {
  return chosen.value ?? preferred.value;
}

export function chooseTheme(next: Theme): void {
  localStorage.setItem(KEPT, next);
  chosen.value = next;
}

/** Keeps the document in the theme and the language that were chosen. */
export function dressDocument(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme();
  });
  effect(() => {
    document.documentElement.lang = language.value;
    document.documentElement.dir = language.value === 'ar' ? 'rtl' : 'ltr';
  });
}
