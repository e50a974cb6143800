/** What shared parts say. A page has its own words besides. */
import { refusals } from './refusals.ts';
import { shared } from './shared.ts';
import { spoken, type Words } from './speech.ts';

export const words = { ...shared, ...refusals } as const satisfies Words;
export type Word = keyof typeof words;

export const { t } = spoken(words);
