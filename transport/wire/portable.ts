/** Records of any kind for a document that people take away: the wire's names and times, without bytes. */
import type { Json, JsonObject } from '../../engine/records.ts';
import { timestamp } from './time.ts';

/** What somebody else wrote: its names are theirs. */
const FREE: ReadonlySet<string> = new Set(['metadata', 'context', 'details']);

/** Snake case, RFC 3339 for every `…At` that is a number, and no bytes: hashes and sealed values are not for reading. */
export function portable(record: object): JsonObject {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => value !== undefined && !(value instanceof Uint8Array))
      .map(([name, value]) => [snake(name), FREE.has(name) ? (value as Json) : portableValue(name, value)]),
  );
}

function portableValue(name: string, value: unknown): Json {
  if (Array.isArray(value)) return value.map((item) => portableValue('', item));
  if (typeof value === 'number' && (name === 'at' || name.endsWith('At'))) return timestamp(value);
  return value !== null && typeof value === 'object' ? portable(value) : (value as Json);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
