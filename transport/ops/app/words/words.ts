/** Every text of the inspector, and how it is said. */
import { refusals } from '../../../pages/app/words/refusals.ts';
import { shared } from '../../../pages/app/words/shared.ts';
import { spoken, type Words } from '../../../pages/app/words/speech.ts';
import { inspector } from './inspector.ts';

export const words = { ...shared, ...refusals, ...inspector } as const satisfies Words;
export type Word = keyof typeof words;

export const { t, said } = spoken(words);
