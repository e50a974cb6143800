const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return form.test(text);
}

/**
 * Written as we write it (RFC 9562, section 4: either case is read, lower case written). Everything behind the edge
 * holds things in memory by their identifier's text: under two of them one client would be cached twice, and one
 * device have two actors.
 */
export function canonicalUuid(uuid: string): string {
  return uuid.toLowerCase();
}
