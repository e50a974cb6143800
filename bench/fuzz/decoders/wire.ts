/** Bodies, queries, paths and frames, read as listeners read them. */
import { readEndpoint } from '../../../engine/outbound/target.ts';
import { families } from '../../../transport/apis/families.ts';
import { parseFields, parseJson, readBody } from '../../../transport/http/body.ts';
import { splitTarget } from '../../../transport/http/drivers/server.ts';
import type { HttpRequest } from '../../../transport/http/message.ts';
import { readMultipart } from '../../../transport/http/multipart.ts';
import { exampleOf } from '../../../transport/http/openapi/example.ts';
import { createRouter } from '../../../transport/http/router.ts';
import { scannerCalls } from '../../../transport/scanner/calls.ts';
import { readBinaryFrame, readTextFrame, takePayloadParts } from '../../../transport/scanner/frames.ts';
import { readMessage } from '../../../transport/scanner/json-rpc.ts';
import { periodOf } from '../../../transport/wire/period.ts';
import type { Draw } from '../draw.ts';
import { hostileBody, hostileJson } from '../json.ts';
import { rpcBinary, rpcText } from '../websocket/messages.ts';
import { type Decoder, damaged } from './decoder.ts';
import { textOf } from './palms.ts';

const latin1 = (input: Uint8Array): string => Buffer.from(input).toString('latin1');
const BOUNDARY = 'XfuzzX';

/** Parts with headers of their own, some of which end early or never. */
export function multipartBody(draw: Draw, boundary = BOUNDARY): Buffer {
  const names = ['certificate', 'private_key', 'chain', '__proto__', '', 'a"b', 'é', 'x'.repeat(5_000)];
  const parts = Array.from({ length: draw.below(draw.chance(0.9) ? 4 : 30) }, () => {
    const name = draw.pick(names);
    const file = draw.chance(0.4)
      ? `; filename="${draw.pick(['a.pem', '../../a', '\u0000', 'x'.repeat(300)])}"`
      : '';
    const type = draw.chance(0.4)
      ? `\r\nContent-Type: ${draw.pick(['text/plain', 'multipart/mixed; boundary=y', 'a/b; charset=utf-7', ''])}`
      : '';
    const encoding = draw.chance(0.1) ? '\r\nContent-Transfer-Encoding: base64' : '';
    const many = draw.chance(0.05) ? '\r\nX-A: b'.repeat(draw.between(10, 300)) : '';
    const head = `Content-Disposition: form-data; name="${name}"${file}${type}${encoding}${many}`;
    return Buffer.concat([
      Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`, 'latin1'),
      draw.bytes(draw.length(2_000)),
      Buffer.from('\r\n'),
    ]);
  });
  const body = Buffer.concat([...parts, Buffer.from(draw.chance(0.8) ? `--${boundary}--\r\n` : '')]);
  return draw.chance(0.4) ? draw.mutated(body) : body;
}

/** What a Content-Type may say beside what it should. */
export const contentTypes = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset="UTF-8"',
  'application/json; charset=utf-16',
  'application/problem+json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data',
  `multipart/form-data; boundary=${BOUNDARY}`,
  `multipart/form-data; boundary="${'x'.repeat(300)}"`,
  'multipart/form-data; boundary=',
  ';',
  '',
] as const;

function requestOf(contentType: string, body: Uint8Array): HttpRequest {
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: { 'content-type': contentType },
    address: '127.0.0.1',
    secure: false,
    fingerprint: null,
    body: async () => body,
  };
}

const pathPieces = [
  '/',
  '//',
  '..',
  '.',
  '%2e%2e',
  '%2f',
  '%00',
  '%',
  '%zz',
  '%c0%af',
  '%ed%a0%80',
  '\u00ff',
  ';a=b',
  '?',
  '#',
  '*',
  'v1',
  'users',
  'challenges',
  '{id}',
  ' ',
];

/** A path of ours with something between, or one of pieces. */
export function hostilePath(draw: Draw, paths: readonly string[]): string {
  if (draw.chance(0.3))
    return `/${Array.from({ length: draw.below(12) }, () => draw.pick(pathPieces)).join('')}`;
  const path = draw
    .pick(paths)
    .replaceAll(/\{[^}]+\}/g, () =>
      draw.pick([
        '%00',
        'a',
        '..',
        '%2e',
        'x'.repeat(300),
        '00000000-0000-4000-8000-000000000000',
        "'",
        '%f0%28',
      ]),
    );
  const at = draw.below(path.length + 1);
  if (draw.chance(0.4)) return path;
  return (
    path.slice(0, at) +
    (draw.chance(0.1) ? 'x'.repeat(draw.length(9_000)) : draw.pick(pathPieces)) +
    path.slice(at)
  );
}

/** Fields of a query, some of them there twice, too long or badly encoded. */
export function hostileQuery(draw: Draw): string {
  const names = [
    'page',
    'page_size',
    'sort',
    'order',
    'status',
    'from',
    'to',
    'date_from',
    'q',
    '__proto__',
    'a[]',
    '',
    'token',
  ];
  const values = [
    '1',
    '0',
    '-1',
    '1e9',
    '99999999999999999999',
    'NaN',
    '%00',
    '%',
    '%ff%fe',
    'asc',
    '2026-02-30',
    'a'.repeat(400),
    '',
    '+',
    '%F0%9F%96%90',
    '%ED%A0%80',
  ];
  return Array.from(
    { length: draw.below(5) },
    () => `${draw.pick(names)}${draw.chance(0.9) ? '=' : ''}${draw.pick(values)}`,
  ).join(draw.pick(['&', '&&', ';']));
}

function bodies(): Decoder[] {
  const examples = families.flatMap(({ routes }) =>
    routes.flatMap(({ body }) => (body === undefined ? [] : [body.json])),
  );
  return [
    {
      name: 'json',
      weight: 3,
      input(draw) {
        const schema = draw.pick(examples);
        return Buffer.from(
          draw.chance(0.5) ? hostileBody(draw, schema, exampleOf(schema)) : hostileJson(draw),
        );
      },
      read: (input) => parseJson(textOf(input)),
    },
    {
      name: 'form',
      input: (draw) =>
        draw.chance(0.5)
          ? Buffer.from(hostileQuery(draw))
          : damaged(draw, [Buffer.from('grant_type=a&scope=b+c')]),
      read: (input) => parseFields(latin1(input)),
    },
    {
      name: 'multipart',
      weight: 0.7,
      input: (draw) => multipartBody(draw),
      read: (input) => readMultipart(input, `multipart/form-data; boundary=${BOUNDARY}`, ['certificate']),
    },
    {
      name: 'body',
      input(draw) {
        const type = draw.chance(0.8)
          ? draw.pick(contentTypes)
          : draw.bytes(draw.length(64)).toString('latin1');
        const body = draw.chance(0.3) ? multipartBody(draw) : Buffer.from(hostileJson(draw));
        return Buffer.concat([Buffer.from(`${type.replaceAll('\n', '')}\n`, 'latin1'), body]);
      },
      read(input) {
        const at = input.indexOf(10);
        const kinds = { nothing: true, forms: true, multipart: { files: ['certificate'] } };
        return readBody(requestOf(latin1(input.subarray(0, at)), input.subarray(at + 1)), 4_194_304, kinds);
      },
    },
  ];
}

function targets(): Decoder[] {
  const router = createRouter(families);
  const paths = router.routes.map(({ fullPath }) => fullPath);
  const queries = router.routes.filter(({ validateQuery }) => validateQuery !== null);
  const urls = [
    'https://example.com/hook',
    'http://127.0.0.1:1/',
    'https://[::1]/',
    'https://0x7f.1/a?b#c',
    'https://a:b@c.example',
  ];
  return [
    {
      name: 'target',
      weight: 2,
      input: (draw) => Buffer.from(`${hostilePath(draw, paths)}?${hostileQuery(draw)}`, 'latin1'),
      read(input) {
        const target = splitTarget(latin1(input));
        if (target !== null) router.match('GET', target.path);
      },
    },
    {
      name: 'query',
      input: (draw) => Buffer.from(`${draw.below(queries.length)}?${hostileQuery(draw)}`),
      read(input) {
        const [number = '', query = ''] = latin1(input).split('?');
        const fields = queries[Number(number)]?.validateQuery?.(parseFields(query)) as
          | Record<string, unknown>
          | undefined;
        const moment = (name: string) =>
          typeof fields?.[name] === 'string' ? (fields[name] as string) : undefined;
        return periodOf(moment('date_from'), moment('date_to'));
      },
    },
    {
      name: 'endpoint',
      input: (draw) =>
        damaged(
          draw,
          urls.map((url) => Buffer.from(url)),
        ),
      read: (input) => readEndpoint(latin1(input), false),
    },
  ];
}

function frames(): Decoder[] {
  return [
    {
      name: 'scanner-text',
      weight: 2,
      input: (draw) => Buffer.from(rpcText(draw)),
      read(input) {
        const frame = readTextFrame(input);
        if (frame.ok) readMessage(frame.json);
      },
    },
    {
      name: 'scanner-binary',
      weight: 2,
      input: (draw) => rpcBinary(draw),
      read(input) {
        const frame = readBinaryFrame(input);
        if (!frame.ok) return;
        const message = readMessage(frame.json);
        if (message.kind !== 'call') return;
        const parts = takePayloadParts(message.params, frame.payload);
        const total = [...parts.values()].reduce((sum, part) => sum + part.length, 0);
        if (total > (frame.payload?.length ?? 0)) throw new Error('parts are more than the payload');
        if (scannerCalls[message.method] !== undefined) JSON.stringify(message.params);
      },
    },
  ];
}

export function wireDecoders(): Decoder[] {
  return [...bodies(), ...targets(), ...frames()];
}
