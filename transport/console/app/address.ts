/** Where the console is served. */
export const BASE = '/console';

/** The address of a page of ours. */
export function at(path: string): string {
  return BASE + path;
}
