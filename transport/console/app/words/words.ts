/** Every text of the console, and how it is said; pages import this one file. */
import { spoken, type Words } from '../../../pages/app/words/speech.ts';
import { tables } from './tables.ts';

export * from '../../../pages/app/words/speech.ts';

const {
  shared,
  general,
  refusals,
  dashboard,
  users,
  devices,
  challenges,
  connections,
  administration,
  settings,
  palm,
  tls,
} = tables;
export const words = {
  ...shared,
  ...general,
  ...refusals,
  ...dashboard,
  ...users,
  ...devices,
  ...challenges,
  ...connections,
  ...administration,
  ...settings,
  ...palm,
  ...tls,
} as const satisfies Words;
export type Word = keyof typeof words;

export const { t, said } = spoken(words);
