/** Bodies: bytes to JSON, form fields or parts, with every bound checked before anything else looks at them. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { HttpRequest } from './message.ts';
import { readMultipart } from './multipart.ts';
import type { Route } from './route.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** @throws ThenarError unsupported_media_type, payload_too_large; malformed_body when the client went away */
export function readBytes(request: HttpRequest, bytesMax: number, media: string): Promise<Uint8Array> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== media) {
    throw new ThenarError('unsupported_media_type', `The body must be ${media}.`);
  }
  return request.body(bytesMax);
}

/** What a route takes besides JSON. */
export interface BodyKinds {
  /** No body at all, which is the same as one without fields. */
  readonly nothing: boolean;
  readonly forms: boolean;
  readonly multipart: { readonly files: readonly string[] } | null;
}

export function bodyKinds(route: Pick<Route, 'bodyOptional' | 'forms' | 'multipart'>): BodyKinds {
  const { bodyOptional: nothing = false, forms = false, multipart = null } = route;
  return { nothing, forms, multipart };
}

/** @throws ThenarError unsupported_media_type, payload_too_large, malformed_body */
export async function readBody(request: HttpRequest, bytesMax: number, kinds: BodyKinds): Promise<unknown> {
  const contentType = request.headers['content-type'];
  const kind = bodyKind(contentType);
  const bytes = await request.body(bytesMax);
  if (bytes.length === 0 && kinds.nothing) return {};
  if (bytes.length === 0) throw malformed('A JSON body is required.');
  if (kind === 'multipart' && kinds.multipart !== null) {
    return readMultipart(bytes, contentType ?? '', kinds.multipart.files);
  }
  if (kind === null || kind === 'multipart' || (kind === 'form' && !kinds.forms)) {
    throw new ThenarError('unsupported_media_type', 'The body must be application/json in UTF-8.');
  }
  const text = decodeText(bytes);
  return kind === 'form' ? parseFields(text) : parseJson(text);
}

function bodyKind(contentType: string | undefined): 'json' | 'form' | 'multipart' | null {
  if (contentType === undefined) return null;
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) return null;
  if (type === 'application/json' || /^application\/[a-z0-9.-]+\+json$/.test(type)) return 'json';
  if (type === 'multipart/form-data') return 'multipart';
  return type === 'application/x-www-form-urlencoded' ? 'form' : null;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
}

/**
 * @param containersMax objects and arrays, counted before anything is parsed: nesting by the million costs memory and
 *   time in the parser
 * @throws ThenarError malformed_body for broken JSON, too deep or too many values, and keys that reach prototypes
 */
export function parseJson(text: string, containersMax: number = limits.json_values_max): unknown {
  if (hasMoreContainers(text, containersMax)) {
    throw malformed(`There are more than ${containersMax} objects and arrays.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('This is not valid JSON.');
  }
  inspect(value, 1, { left: limits.json_values_max });
  return value;
}

/** Brackets inside strings count too; base64 has none, so this jumps over scans at memory speed. */
function hasMoreContainers(text: string, max: number): boolean {
  let found = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      found += 1;
      if (found > max) return true;
    }
  }
  return false;
}

function inspect(value: unknown, depth: number, budget: { left: number }): void {
  budget.left -= 1;
  if (budget.left < 0) throw malformed(`There are more than ${limits.json_values_max} values.`);
  if (value === null || typeof value !== 'object') return;
  if (depth > limits.json_depth_max) {
    throw malformed(`It is nested deeper than ${limits.json_depth_max} levels.`);
  }
  for (const key in value) {
    if (key === '__proto__' || (key === 'constructor' && hasPrototype(value))) {
      throw malformed(`It holds the forbidden key ${key}.`);
    }
    inspect((value as Record<string, unknown>)[key], depth + 1, budget);
  }
}

/** `{"constructor": {"prototype": …}}` reaches Object.prototype through naive merging; a plain field does not. */
function hasPrototype(value: object): boolean {
  const { constructor: inner } = value as { constructor: unknown };
  return inner !== null && typeof inner === 'object' && Object.hasOwn(inner, 'prototype');
}

/** Form or query fields. @throws ThenarError malformed_body when a field is there twice */
export function parseFields(text: string): Record<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name)) throw malformed(`The field ${name.slice(0, 64)} is given twice.`);
    if (name === '__proto__') throw malformed('The field __proto__ is forbidden.');
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

function malformed(message: string): ThenarError {
  return new ThenarError('malformed_body', message);
}
