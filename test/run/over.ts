/** What is said when a test file is over, where several share a process: by `together.ts`, to who reads its words. */

/** The test that does what the file left to the end of its tests. */
export const endsOf = (file: string): string => `${file} ends`;

/** The last word: what its tests asserted outside of themselves comes before. */
export const overOf = (file: string): string => `${file} is over`;
