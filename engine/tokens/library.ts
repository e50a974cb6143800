/** The JOSE library, read when the first token is made or checked: fifty files that no start waits for. */
let reading: Promise<typeof import('jose')> | null = null;

export function joseLibrary(): Promise<typeof import('jose')> {
  reading ??= import('jose');
  return reading;
}
