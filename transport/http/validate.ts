/** Compiled validators: JSON Schema in, `validation_failed` with the fields named out. */
import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, Options, SchemaValidateFunction } from 'ajv';
import type addFormats from 'ajv-formats';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { canonicalUuid, isUuid } from '../../engine/uuid.ts';
import { compiledLater } from './compile.ts';
import type { JsonSchema, Schema } from './schema.ts';

export interface FieldFailure {
  /** Path from the body's root: `scans[0].data`; empty for the body itself. */
  readonly field: string;
  readonly message: string;
}

export type Validator<T> = (value: unknown) => T;

/** The library is read with the first validator, see `compile.ts`. */
function instance(options: Options): Ajv {
  const load = createRequire(import.meta.url);
  const library = load('ajv') as { readonly Ajv: typeof Ajv };
  const formats = load('ajv-formats') as typeof addFormats;
  const ajv = new library.Ajv({
    strict: true,
    allErrors: true,
    allowUnionTypes: true,
    discriminator: true,
    // A third of the time of compiling goes into making code shorter that the engine's compiler makes fast anyway.
    code: { optimize: false },
    ...options,
  });
  formats.default(ajv);
  ajv.addFormat('uuid', { type: 'string', validate: isUuid });
  ajv.addKeyword({
    keyword: CANONICAL,
    type: 'string',
    schemaType: 'boolean',
    modifying: true,
    errors: false,
    validate: canonical,
  });
  ajv.addKeyword({
    keyword: 'x-bytes-max',
    type: 'object',
    schemaType: 'number',
    errors: false,
    error: { message: ({ schema }) => `must be at most ${String(schema)} bytes of JSON` },
    validate: (max: number, value: object) => Buffer.byteLength(JSON.stringify(value)) <= max,
  });
  ajv.addKeyword({
    keyword: 'x-exactly-one',
    type: 'object',
    schemaType: 'array',
    validate: exactlyOne,
    errors: 'full',
  });
  return ajv;
}

/** Beside the format of each identifier, in what is compiled alone: the published schema says nothing of it. */
const CANONICAL = 'x-canonical';

function withCanonicalUuids(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema, (_name, value: unknown) =>
    (value as { readonly format?: unknown } | null)?.format === 'uuid'
      ? { ...(value as object), [CANONICAL]: true }
      : value,
  );
  return JSON.parse(text) as JsonSchema;
}

const canonical: SchemaValidateFunction = (_on, uuid: string, _schema, at): boolean => {
  if (at !== undefined) at.parentData[at.parentDataProperty] = canonicalUuid(uuid);
  return true;
};

interface Reporting {
  (groups: readonly (readonly string[])[], value: Readonly<Record<string, unknown>>): boolean;
  errors?: Partial<ErrorObject>[];
}

const exactlyOne: Reporting = (groups, value) => {
  const broken = groups.filter((names) => names.filter((name) => value[name] !== undefined).length !== 1);
  exactlyOne.errors = broken.map((names) => ({
    keyword: 'x-exactly-one',
    params: { missingProperty: names[0] },
    message: `is required unless ${names.slice(1).join(' or ')} is given, and never both`,
  }));
  return broken.length === 0;
};

let bodies: Ajv | null = null;
/** Queries and forms carry text only, so numbers and booleans are read from it and defaults filled in. */
let texts: Ajv | null = null;

function compilerOf(from: 'json' | 'text'): Ajv {
  if (from === 'json') {
    bodies ??= instance({});
    return bodies;
  }
  texts ??= instance({ coerceTypes: true, useDefaults: true });
  return texts;
}

/**
 * Compiles once, see `compile.ts`.
 * @param from `json` for bodies; `text` coerces numbers and booleans, for queries.
 * @throws ThenarError validation_failed with `details.fields: [{field, message}]` (the validator, per call).
 */
export function validator<T>(schema: Schema<T>, from: 'json' | 'text' = 'json'): Validator<T> {
  return compiledLater(() => {
    const check = compilerOf(from).compile(withCanonicalUuids(schema.json));
    return (value: unknown) => {
      if (!check(value)) throw invalid((check.errors ?? []).map(fieldFailure));
      return value as T;
    };
  });
}

/** The one way to refuse content: for rules a schema cannot say as well as for those it can. */
export function invalid(failures: readonly FieldFailure[]): ThenarError {
  const fields = failures.slice(0, limits.validation_failures_shown_max);
  const first = fields[0] ?? { field: '', message: 'is invalid' };
  const message = first.field === '' ? `The body ${first.message}.` : `${first.field} ${first.message}.`;
  return new ThenarError('validation_failed', message, { details: { fields } });
}

function fieldFailure(error: ErrorObject): FieldFailure {
  const at = fieldPath(error.instancePath);
  switch (error.keyword) {
    case 'required':
      return { field: joined(at, error.params.missingProperty), message: 'is required' };
    case 'x-exactly-one':
      return { field: joined(at, error.params.missingProperty), message: error.message ?? 'is required' };
    case 'discriminator':
      return { field: joined(at, error.params.tag), message: 'must be one of the known kinds' };
    case 'enum':
      return { field: at, message: `must be one of ${allowed(error.params.allowedValues)}` };
    default:
      return { field: at, message: error.message ?? 'is invalid' };
  }
}

function allowed(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => String(value)).join(', ') : 'the allowed values';
}

function joined(at: string, name: unknown): string {
  return at === '' ? String(name) : `${at}.${String(name)}`;
}

/** JSON pointer to the path people write: `/scans/0/data` → `scans[0].data`. */
function fieldPath(pointer: string): string {
  let path = '';
  for (const segment of pointer.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (/^\d+$/.test(name)) path += `[${name}]`;
    else path += path === '' ? name : `.${name}`;
  }
  return path;
}
