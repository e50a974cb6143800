import { ThenarError } from '../../engine/errors.ts';

/** Kinds as the server has them: `time` is epoch milliseconds, `json` anything JSON, `bytes` a Uint8Array. */
export type PlainKind = 'text' | 'uuid' | 'integer' | 'boolean' | 'time' | 'bytes' | 'json';

/**
 * Column kinds, as the records use them. Sealed texts and JSON are bytes to the server, see `sealed.ts`; a hidden text
 * is a keyed hash of itself, which is found and never read. A word is one of the few that a status can be, and never
 * null.
 */
export type ColumnKind = PlainKind | 'sealedText' | 'sealedJson' | 'hiddenText' | 'word';

export type SealedKind = 'sealedText' | 'sealedJson';

export function isSealed(kind: ColumnKind): kind is SealedKind {
  return kind === 'sealedText' || kind === 'sealedJson';
}

interface Kind {
  /** The type's name in SQL. */
  readonly sql: string;
  /** The type's object id, fixed by PostgreSQL (pg_type.dat), so that no parameter's type has to be guessed. */
  readonly oid: number;
  /** Text form on the wire. */
  encode(value: unknown): string;
  /** From the text form. */
  decode(text: string): unknown;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text can be the value of a uuid column; what cannot matches no row. */
export function isUuid(value: unknown): boolean {
  return typeof value === 'string' && UUID.test(value);
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value))
    throw new ThenarError('validation_failed', 'A whole number is out of range.');
  return value as number;
}

/** `timestamptz` prints `2025-01-31 12:00:00.123+00` in a session whose time zone is UTC. */
function parseTime(text: string): number {
  const at = Date.parse(`${text.slice(0, 10)}T${text.slice(11).replace(/\+00$/, '')}Z`);
  if (Number.isNaN(at))
    throw new ThenarError('internal', 'A stored time cannot be read.', { details: { text } });
  return at;
}

export const kinds: Readonly<Record<PlainKind, Kind>> = {
  text: { sql: 'text', oid: 25, encode: (value) => String(value), decode: (text) => text },
  uuid: { sql: 'uuid', oid: 2950, encode: (value) => String(value), decode: (text) => text },
  integer: { sql: 'bigint', oid: 20, encode: (value) => String(integer(value)), decode: Number },
  boolean: {
    sql: 'boolean',
    oid: 16,
    encode: (value) => (value === true ? 't' : 'f'),
    decode: (text) => text === 't',
  },
  time: {
    sql: 'timestamptz',
    oid: 1184,
    encode: (value) => {
      const at = new Date(value as number);
      if (Number.isNaN(at.getTime())) throw new ThenarError('validation_failed', 'A time is out of range.');
      return at.toISOString();
    },
    decode: parseTime,
  },
  bytes: {
    sql: 'bytea',
    oid: 17,
    encode: (value) => {
      const bytes = value as Uint8Array;
      return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
    },
    decode: (text) => Buffer.from(text.slice(2), 'hex'),
  },
  json: {
    sql: 'jsonb',
    oid: 3802,
    encode: (value) => JSON.stringify(value),
    decode: (text) => JSON.parse(text),
  },
};

/** Array types of the kinds (pg_type.dat, `array_type_oid`). */
export const arrayOid: Readonly<Record<PlainKind, number>> = {
  text: 1009,
  uuid: 2951,
  integer: 1016,
  boolean: 1000,
  time: 1185,
  bytes: 1001,
  json: 3807,
};

const asItIs = (oid: number) => ({
  to: oid,
  from: [oid],
  serialize: (text: string) => text,
  parse: (text: string) => text,
});

/**
 * The client's own conversions are replaced by the table descriptions' (see `encode`): parameters reach it as
 * text, and it must pass them on as they are.
 */
export const clientTypes = Object.fromEntries(
  (Object.keys(kinds) as PlainKind[]).flatMap((kind) => [
    [`thenar_${kind}`, asItIs(kinds[kind].oid)],
    [`thenar_${kind}_array`, asItIs(arrayOid[kind])],
  ]),
);
