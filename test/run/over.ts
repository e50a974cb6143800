/** What the tests of one file end with, where several share a process: between `together.ts` and who reads its words. */
export const overOf = (file: string): string => `${file} is over`;
