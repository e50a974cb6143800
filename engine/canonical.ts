/** The one way to write down JSON (RFC 8785). */
import type { Json } from './records.ts';

/**
 * JSON with the members of every object in the order of their names' UTF-16 units and nothing between: one value gives
 * one text, whoever wrote it down and however it was kept. Numbers and texts are as ECMAScript writes them, which is
 * what RFC 8785 section 3.2.2 asks for. A value without such a form, see {@link hasCanonicalForm}, gets some text all the
 * same.
 */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item as Json)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value as { readonly [key: string]: Json })
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** RFC 8785 has no form for half a surrogate pair, nor for a number too large to be one (a JSON parser's infinity). */
export function hasCanonicalForm(value: Json): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return !/\p{Cs}/u.test(value);
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(hasCanonicalForm);
  return Object.entries(value).every(([name, member]) => hasCanonicalForm(name) && hasCanonicalForm(member));
}
