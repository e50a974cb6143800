/**
 * JSON Schema (draft 2020-12 as OpenAPI 3.1 uses it) and its TypeScript type from one expression, so that what is
 * validated, serialised, published and compiled against cannot differ.
 */
import { limits } from '../../engine/limits.ts';
import type { JsonObject } from '../../engine/records.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

export interface Schema<T> {
  readonly json: JsonSchema;
  readonly optional: boolean;
  /** Carries the type only; never set. */
  readonly type?: T;
}
export interface Optional<T> extends Schema<T> {
  readonly optional: true;
}
export interface Required<T> extends Schema<T> {
  readonly optional: false;
}
export type TypeOf<S> = S extends Schema<infer T> ? T : never;
type Fields = Readonly<Record<string, Schema<unknown>>>;
export type ObjectOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Optional<unknown> ? never : K]: TypeOf<F[K]>;
} & { readonly [K in keyof F as F[K] extends Optional<unknown> ? K : never]?: TypeOf<F[K]> | undefined };

function required<T>(json: JsonSchema): Required<T> {
  return { json, optional: false };
}

export interface TextRules {
  /** Characters; default 1. */
  readonly min?: number;
  /** Characters; default 255, the document's bound for labels. */
  readonly max?: number;
  readonly format?: 'uuid' | 'email' | 'uri' | 'date-time';
  readonly pattern?: string;
  readonly description?: string;
  /** Shown in the published documents. */
  readonly example?: string;
}

export function text(rules: TextRules = {}): Required<string> {
  const { min = 1, max = 255, example, ...rest } = rules;
  const shown = example === undefined ? {} : { examples: [example] };
  return required({ type: 'string', minLength: min, maxLength: max, ...rest, ...shown });
}

/** A reply's text: nothing to validate, so nothing to bound. */
export const string: Required<string> = required({ type: 'string' });
export const boolean: Required<boolean> = required({ type: 'boolean' });
export const uuid: Required<string> = required({ type: 'string', format: 'uuid' });
/** RFC 3339 in UTC. */
export const time: Required<string> = required({ type: 'string', format: 'date-time' });

export function integer(
  rules: { readonly min?: number; readonly max?: number; readonly default?: number } = {},
) {
  return required<number>({ type: 'integer', ...range(rules) });
}

export function number(rules: { readonly min?: number; readonly max?: number } = {}) {
  return required<number>({ type: 'number', ...range(rules) });
}

function range(rules: {
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}): JsonSchema {
  return {
    ...(rules.min === undefined ? {} : { minimum: rules.min }),
    ...(rules.max === undefined ? {} : { maximum: rules.max }),
    ...(rules.default === undefined ? {} : { default: rules.default }),
  };
}

export function oneOf<const V extends readonly string[]>(...values: V): Required<V[number]> {
  return required({ type: 'string', enum: values });
}

export function constant<const V extends string | boolean>(value: V): Required<V> {
  return required({ type: typeof value, const: value });
}

export function list<T>(
  item: Schema<T>,
  rules: { readonly min?: number; readonly max?: number } = {},
): Required<readonly T[]> {
  return required({
    type: 'array',
    items: item.json,
    ...(rules.min === undefined ? {} : { minItems: rules.min }),
    ...(rules.max === undefined ? {} : { maxItems: rules.max }),
  });
}

/** Free-form JSON object, bounded by its serialised size. */
export const freeform: Required<JsonObject> = required({
  type: 'object',
  additionalProperties: true,
  'x-bytes-max': limits.metadata_bytes_max,
});

/** Fields not named are ignored, so that a client may be newer than the engine. */
export function object<const F extends Fields>(
  fields: F,
  rules: {
    readonly description?: string;
    readonly exactlyOne?: readonly (readonly (keyof F & string)[])[];
  } = {},
): Required<ObjectOf<F>> {
  const names = Object.keys(fields);
  return required({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, fields[name]?.json])),
    required: names.filter((name) => !fields[name]?.optional),
    ...(rules.description === undefined ? {} : { description: rules.description }),
    ...(rules.exactlyOne === undefined ? {} : { 'x-exactly-one': rules.exactlyOne }),
  });
}

/** One of several objects, told apart by the constant in the field `tag`. */
export function variants<const V extends readonly Required<object>[]>(
  tag: string,
  ...choices: V
): Required<TypeOf<V[number]>> {
  return required({
    type: 'object',
    discriminator: { propertyName: tag },
    properties: { [tag]: { type: 'string' } },
    required: [tag],
    oneOf: choices.map((choice) => choice.json),
  });
}

/** A schema that the published documents define once, under this name, and refer to. */
export function named<T>(name: string, schema: Required<T>): Required<T> {
  return required({ title: name, ...schema.json });
}

export function optional<T>(schema: Schema<T>): Optional<T> {
  return { json: schema.json, optional: true };
}

export function nullable<T>(schema: Schema<T>): Required<T | null> {
  const { type, enum: values, title: _, ...rest } = schema.json;
  return required({
    ...rest,
    type: [type, 'null'],
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  });
}

type UndefinedKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Defined<T> = { [K in Exclude<keyof T, UndefinedKeys<T>>]: T[K] } & {
  [K in UndefinedKeys<T>]?: Exclude<T[K], undefined>;
};

/** Leaves out fields that are undefined, so that an absent field stays absent on its way to a command. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}
