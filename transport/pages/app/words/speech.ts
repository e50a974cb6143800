/** Texts in both languages side by side, so that neither can be forgotten, and numbers and times as they are written. */
import { signal } from '@preact/signals';

/** English has two forms, Arabic six (Unicode plural rules); `other` serves for those that are not there. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };
export type Text = string | Forms;
/** `{name}` in a text stands for the value of that name. Forms choose by the value called `count`. */
export type Words = Readonly<Record<string, readonly [english: Text, arabic: Text]>>;

export type Language = 'en' | 'ar';
export const languages: readonly Language[] = ['en', 'ar'];
const KEPT = 'thenar.language';

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'en' || kept === 'ar') return kept;
  return navigator.language.startsWith('ar') ? 'ar' : 'en';
}

export const language = signal<Language>(preferred());

export function speak(next: Language): void {
  localStorage.setItem(KEPT, next);
  language.value = next;
}

/** Dates and numbers of the Gulf: the Gregorian calendar, and the digits that both languages write there. */
export function locale(): string {
  return language.value === 'ar' ? 'ar-SA-u-ca-gregory-nu-latn' : 'en-GB';
}

export type Values = Readonly<Record<string, string | number>>;

export interface Spoken<W extends Words> {
  /** The text in the language of the page; components that use it are drawn again when that changes. */
  readonly t: (word: keyof W, values?: Values) => string;
  /** A word for one of a closed set, such as `status.active`; what has none is shown as it came. */
  readonly said: (prefix: string, value: string) => string;
}

/** What a page says, of the words it has. */
export function spoken<W extends Words>(words: W): Spoken<W> {
  const t = (word: keyof W, values: Values = {}): string => {
    const [english, arabic] = words[word] as Words[string];
    const text = language.value === 'ar' ? arabic : english;
    const chosen = typeof text === 'string' ? text : formOf(text, values);
    return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === 'number' ? number(value) : value;
    });
  };
  return {
    t,
    said(prefix, value) {
      const word = `${prefix}.${value}`;
      return word in words ? t(word) : value;
    },
  };
}

function formOf(forms: Forms, { count = 0 }: Values): string {
  return forms[new Intl.PluralRules(language.value).select(Number(count))] ?? forms.other;
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(locale(), options).format(value);
}

export function percent(share: number): string {
  return number(share, { style: 'percent', maximumFractionDigits: 1 });
}

export function dateTime(time: string | number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(time),
  );
}

export function day(time: string | number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(new Date(time));
}

export function clockTime(time: string | number): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: 'medium' }).format(new Date(time));
}

const steps: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** How long ago, or in how long. */
export function ago(time: string | number, now: number): string {
  const seconds = (new Date(time).getTime() - now) / 1_000;
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}
