/** JSON that no client would send: bombs, keys that reach prototypes, numbers and texts that something cannot hold. */
import type { Draw } from './draw.ts';

/** The part of a JSON Schema that a generator looks at. */
interface Shape {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const reachingKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  'length',
  '0',
];

/** Numbers as JSON writes them, which need not be numbers that anything can hold. */
const numbers = [
  '0',
  '-0',
  '-1',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '18446744073709551616',
  '-9223372036854775809',
  '2147483648',
  '4294967296',
  '0.1',
  '1e21',
  '1E+2',
  `1${'0'.repeat(400)}`,
  `0.${'3'.repeat(400)}`,
] as const;

/** Texts with what a column, a header, a path or a comparison may choke on. */
const texts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udc00\ud800',
  'a\udfffb',
  '\u202e\u200f',
  '\r\nX-Injected: 1',
  "' OR 1=1 --",
  '#{7*7}',
  '../../../../etc/passwd',
  '%00',
  '%s%n%p',
  '{{7*7}}',
  '<script>alert(1)</script>',
  'NaN',
  'null',
  'true',
  '-1',
  '00000000-0000-0000-0000-000000000000',
  'é\u0301\u0301\u0301',
  '\u{1f590}\u{1f3fd}',
  'ﷺ',
  '+966501234567',
  'person@example.com',
  'https://127.0.0.1:1/',
  '2026-02-30T25:61:61Z',
  '-----BEGIN CERTIFICATE-----',
] as const;

/** A text as JSON writes it. */
export function hostileText(draw: Draw, longest = 300): string {
  if (draw.chance(0.6)) return JSON.stringify(draw.pick(texts));
  if (draw.chance(0.2)) return JSON.stringify(draw.pick(texts).repeat(1 + draw.below(50)));
  const unit = draw.pick(['a', 'é', '\u0001', '\\', '"', '[', '{', 'A=', '\u{1f590}']);
  const length = draw.chance(0.7) ? draw.pick([longest - 1, longest, longest + 1]) : draw.length(4_096);
  return JSON.stringify(unit.repeat(Math.max(0, length)));
}

/** JSON of any kind, deep, wide or plain; as text, so that it may hold what no value can. */
export function hostileJson(draw: Draw): string {
  switch (draw.below(14)) {
    case 0:
      return draw.pick(numbers);
    case 1:
    case 2:
      return hostileText(draw);
    case 3:
      return draw.pick(['null', 'true', 'false', '[]', '{}', '[[]]', '[null]', '""']);
    case 4:
      return nested(draw, draw.chance(0.9) ? draw.between(1, 64) : draw.between(1_000, 60_000));
    case 5: {
      const count = draw.chance(0.9) ? draw.length(300) : draw.between(1_000, 60_000);
      return `[${Array(count)
        .fill(draw.pick(['0', '""', '{}', '[]', 'null']))
        .join(',')}]`;
    }
    case 6:
      return `{${draw.pick(reachingKeys.map((key) => JSON.stringify(key)))}:${draw.pick(['{"polluted":true}', '[]', 'null', '1'])}}`;
    case 7:
      return '{"constructor":{"prototype":{"polluted":true}}}';
    case 8:
      return `{"a":1,"a":${hostileText(draw)},"\\u0061":3}`;
    case 9: {
      const count = draw.length(200);
      return `{${Array.from({ length: count }, (_, at) => `"k${at}":${draw.pick(numbers)}`).join(',')}}`;
    }
    case 10:
      return draw.pick([
        'NaN',
        'Infinity',
        'undefined',
        "'a'",
        '01',
        '1.',
        '.5',
        '+1',
        '0x10',
        '[1,]',
        '{"a":}',
        '"\\x"',
        '"\t"',
      ]);
    case 11:
      return `\ufeff${draw.pick(numbers)}`;
    default:
      return hostileText(draw);
  }
}

function nested(draw: Draw, depth: number): string {
  const [open, close] = draw.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"a":', '}]'],
    ['{"__proto__":', '}'],
  ] as const);
  const closed = draw.chance(0.8) ? close.repeat(depth) : '';
  return `${open.repeat(depth)}${draw.pick(['', '1', 'null', '{}'])}${closed}`;
}

/**
 * A body that nearly obeys its schema: one or a few of its fields are not what they should be, are there twice, are
 * missing, or are joined by others.
 * @param example a body that the route takes
 */
export function hostileBody(draw: Draw, schema: object, example: unknown): string {
  if (draw.chance(0.08)) return hostileJson(draw);
  if (draw.chance(0.05)) return draw.mutated(Buffer.from(JSON.stringify(example))).toString('latin1');
  return spoiled(draw, schema as Shape, example, draw.chance(0.6) ? 1 : 3);
}

function spoiled(draw: Draw, shape: Shape, value: unknown, spots: number): string {
  if (value === null || typeof value !== 'object') return spoiledLeaf(draw, shape, value);
  if (Array.isArray(value)) {
    const items = value.map((item) =>
      draw.chance(0.5) ? spoiled(draw, shape.items ?? {}, item, 1) : JSON.stringify(item),
    );
    if (draw.chance(0.2)) items.push(...Array<string>(draw.length(40)).fill(items[0] ?? 'null'));
    return draw.chance(0.1) ? hostileJson(draw) : `[${items.join(',')}]`;
  }
  const fields = Object.entries(value);
  const chosen = new Set(Array.from({ length: spots }, () => draw.below(Math.max(1, fields.length))));
  const parts = fields.flatMap(([name, field], at) => {
    if (field === undefined) return [];
    const plain = `${JSON.stringify(name)}:${JSON.stringify(field)}`;
    if (!chosen.has(at)) return [plain];
    if (draw.chance(0.12)) return [];
    const spoilt = `${JSON.stringify(name)}:${spoiled(draw, shape.properties?.[name] ?? {}, field, 1)}`;
    return draw.chance(0.1) ? [plain, spoilt] : [spoilt];
  });
  if (draw.chance(0.15)) parts.push(`${JSON.stringify(draw.pick(reachingKeys))}:${hostileJson(draw)}`);
  return `{${parts.join(',')}}`;
}

function spoiledLeaf(draw: Draw, shape: Shape, value: unknown): string {
  if (draw.chance(0.25)) return hostileJson(draw);
  if (shape.enum !== undefined && draw.chance(0.4)) return JSON.stringify(draw.pick(shape.enum));
  if (typeof value === 'string') {
    if (draw.chance(0.35)) return JSON.stringify(draw.mutated(Buffer.from(value)).toString('latin1'));
    return hostileText(draw, shape.maxLength ?? 255);
  }
  if (typeof value === 'number') {
    const { minimum = 0, maximum = 1 } = shape;
    return draw.chance(0.5)
      ? draw.pick(numbers)
      : String(draw.pick([minimum - 1, minimum, maximum, maximum + 1, 0.5]));
  }
  return hostileJson(draw);
}
