/** Reading URLs. */

/** Null for a text that is no URL. Not `URL.canParse`, which passes names that the parser then refuses. */
export function parsedUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
