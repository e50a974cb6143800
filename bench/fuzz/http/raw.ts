/** Bytes for an HTTP listener that are no request, several, or one that two readers would read differently. */

import { contentTypes, hostilePath, hostileQuery, multipartBody } from '../decoders/wire.ts';
import type { Draw } from '../draw.ts';
import { hostileJson } from '../json.ts';

export interface RawInput {
  readonly name: string;
  /** Written one after the other, each in a turn of its own; then the sender's half is closed. */
  readonly pieces: readonly Buffer[];
  /**
   * `refused`: its end cannot be known, so it gets at most one answer, which refuses it, and nothing behind it is
   * taken for a request.
   */
  readonly expects: 'refused' | 'any';
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Smuggled: 1\r\n\r\n';

/** Header lines of which each makes the length of a body doubtful. */
const doubtful: readonly (readonly string[])[] = [
  ['Content-Length: 5', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Content-Length: 5'],
  ['Content-Length: 5', 'Content-Length: 6'],
  ['Content-Length: -1'],
  ['Content-Length: +5'],
  ['Content-Length: 0x5'],
  ['Content-Length: 5, 6'],
  ['Content-Length: 5 5'],
  ['Content-Length: 1e1'],
  ['Content-Length: 99999999999999999999999'],
  ['Content-Length: 18446744073709551621'],
  ['Content-Length: '],
  ['Content-Length : 5'],
  ['Transfer-Encoding : chunked'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  ['Transfer-Encoding: chunked, identity'],
  ['Transfer-Encoding: xchunked'],
  ['Transfer-Encoding: "chunked"'],
  ['X-A: b\u0000c', 'Content-Length: 5'],
  ['\u0000Content-Length: 5'],
  [' Content-Length: 5'],
  ['X Y: b', 'Content-Length: 5'],
  ['no colon', 'Content-Length: 5'],
  [': empty', 'Content-Length: 5'],
];

/** Chunked bodies whose sizes are not what they say. */
const chunks: readonly string[] = [
  'ffffffffffffffff\r\n',
  '10000000000000005\r\nabcde\r\n0\r\n\r\n',
  '-5\r\nabcde\r\n0\r\n\r\n',
  '0x5\r\nabcde\r\n0\r\n\r\n',
  'g\r\n',
  '5\r\nabcdefgh\r\n0\r\n\r\n',
  '\r\n5\r\nabcde\r\n0\r\n\r\n',
];

type Make = (draw: Draw, paths: readonly string[]) => RawInput;

function requestHead(draw: Draw, paths: readonly string[], more: readonly string[], method?: string): string {
  const target = `${hostilePath(draw, paths)}${draw.chance(0.3) ? `?${hostileQuery(draw)}` : ''}`.replaceAll(
    /[\r\n ]/g,
    '',
  );
  const verb = method ?? draw.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
  return [`${verb} ${target} HTTP/1.1`, 'Host: localhost', ...more, '', ''].join('\r\n');
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** In one piece, or cut somewhere. */
function cut(draw: Draw, bytes: Buffer): readonly Buffer[] {
  if (draw.chance(0.7) || bytes.length < 2) return [bytes];
  const at = draw.between(1, bytes.length - 1);
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

const makers: Readonly<Record<string, Make>> = {
  length(draw) {
    const head = ['POST /v1/users HTTP/1.1', 'Host: a', ...draw.pick(doubtful), '', ''].join('\r\n');
    return { name: 'length', pieces: cut(draw, bytesOf(`${head}0\r\n\r\n${SMUGGLED}`)), expects: 'refused' };
  },
  chunk(draw) {
    const head = 'POST /v1/users HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    return {
      name: 'chunk',
      pieces: cut(draw, bytesOf(head + draw.pick(chunks) + SMUGGLED)),
      expects: 'refused',
    };
  },
  lines(draw, paths) {
    const odd = draw.pick(['\n', '\r', '\r\r\n', '\n\r\n', '\r\n ', '\r\n\t', '\u000b', '\u0000', '\u0085']);
    const text = requestHead(draw, paths, ['X-A: b', 'X-C: d']);
    const at = draw.below(4);
    let seen = -1;
    const replaced = text.replaceAll('\r\n', (line) => {
      seen += 1;
      return seen === at ? odd : line;
    });
    return { name: 'lines', pieces: cut(draw, bytesOf(replaced)), expects: 'any' };
  },
  extension(draw) {
    const extension = draw.pick([
      ' ',
      ';a',
      ';a=b',
      `;${'x'.repeat(draw.length(20_000))}`,
      ';a="\n"',
      ' ;a',
      ';\u0000',
    ]);
    const body = `5${extension}\r\nabcde\r\n0\r\n${draw.chance(0.5) ? 'X-Trailer: 1\r\n' : ''}\r\n`;
    const head = 'POST /v1/users HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    return { name: 'extension', pieces: cut(draw, bytesOf(head + body)), expects: 'any' };
  },
  flood(draw, paths) {
    const lines = draw.chance(0.5)
      ? Array.from({ length: draw.between(50, 3_000) }, (_, at) => `X-${at}: ${at}`)
      : [`X-Long: ${'a'.repeat(draw.between(1_000, 70_000))}`];
    return { name: 'flood', pieces: cut(draw, bytesOf(requestHead(draw, paths, lines))), expects: 'any' };
  },
  method(draw, paths) {
    const verb = draw.pick([
      'get',
      'GETS',
      'FOO',
      'TRACE',
      'CONNECT',
      'PRI',
      'PROPFIND',
      '',
      ' GET',
      'GET\t',
      'G\u0000T',
      'x'.repeat(300),
      'M-SEARCH',
      'DELETE',
    ]);
    return { name: 'method', pieces: [bytesOf(requestHead(draw, paths, [], verb))], expects: 'any' };
  },
  version(draw) {
    const version = draw.pick([
      'HTTP/0.9',
      'HTTP/1.0',
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/9.9',
      'HTTP/1.10',
      'http/1.1',
      'ICY 1.1',
      '',
      'HTTP/1.1 x',
      'HTTP/-1.1',
    ]);
    return { name: 'version', pieces: [bytesOf(`GET / ${version}\r\nHost: a\r\n\r\n`)], expects: 'any' };
  },
  target(draw, paths) {
    const target = draw.pick([
      '*',
      'http://other.example/v1/users',
      'a',
      '',
      '//a//b',
      '/\u00ff',
      `/${'x'.repeat(draw.between(8_000, 20_000))}`,
      'other.example:443',
      '/a b',
      '/\\..\\..\\a',
      hostilePath(draw, paths),
    ]);
    return { name: 'target', pieces: [bytesOf(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)], expects: 'any' };
  },
  host(draw) {
    const lines = draw.pick([
      [],
      ['Host: a', 'Host: b'],
      ['Host: '],
      ['Host: a:b:c'],
      ['Host: evil.example\u0000'],
      ['Host: [::1'],
      ['host: 127.0.0.1', 'X-Forwarded-Host: b'],
    ]);
    return {
      name: 'host',
      pieces: [bytesOf(['GET /healthz HTTP/1.1', ...lines, '', ''].join('\r\n'))],
      expects: 'any',
    };
  },
  expect(draw, paths) {
    const lines = [
      `Expect: ${draw.pick(['100-continue', '200-ok', '', '100-continue, 100-continue'])}`,
      `Content-Length: ${draw.pick([0, 2, 5_000_000])}`,
    ];
    return {
      name: 'expect',
      pieces: [bytesOf(requestHead(draw, paths, lines, 'POST')), bytesOf('{}')],
      expects: 'any',
    };
  },
  upgrade(draw) {
    const lines = [
      `Connection: ${draw.pick(['Upgrade', 'upgrade, close', 'keep-alive'])}`,
      `Upgrade: ${draw.pick(['websocket', 'h2c', 'TLS/1.0', 'WebSocket, h2c', ''])}`,
      ...(draw.chance(0.7)
        ? [`Sec-WebSocket-Key: ${draw.pick(['dGhlIHNhbXBsZSBub25jZQ==', 'short', '', '\u00ff'])}`]
        : []),
      ...(draw.chance(0.7) ? [`Sec-WebSocket-Version: ${draw.pick(['13', '8', '0', 'x'])}`] : []),
      ...(draw.chance(0.7)
        ? [
            `Sec-WebSocket-Protocol: ${draw.pick(['thenar.scanner.v1', 'x', '', ',', 'thenar.scanner.v1, x'])}`,
          ]
        : []),
      ...(draw.chance(0.3)
        ? [`Sec-WebSocket-Extensions: ${draw.pick(['permessage-deflate', 'permessage-deflate; a="', ';;;'])}`]
        : []),
    ];
    // Never all that is right: the frames behind it belong to another surface.
    const verb = draw.pick(['POST', 'GET']);
    const path = verb === 'POST' ? '/v1/scanner' : draw.pick(['/v1/other', '/v1/scanner?a=b&c', '/']);
    return {
      name: 'upgrade',
      pieces: [bytesOf([`${verb} ${path} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n'))],
      expects: 'any',
    };
  },
  pipelined(draw, paths) {
    const requests = Array.from({ length: draw.between(2, 40) }, () => requestHead(draw, paths, []));
    return { name: 'pipelined', pieces: cut(draw, bytesOf(requests.join(''))), expects: 'any' };
  },
  truncated(draw, paths) {
    const body = hostileJson(draw);
    const whole = bytesOf(
      requestHead(
        draw,
        paths,
        ['Content-Type: application/json', `Content-Length: ${body.length + draw.below(50)}`],
        'POST',
      ) + body,
    );
    return {
      name: 'truncated',
      pieces: cut(draw, whole.subarray(0, draw.below(whole.length))),
      expects: 'any',
    };
  },
  mutated(draw, paths) {
    const body = draw.chance(0.3) ? multipartBody(draw) : bytesOf(hostileJson(draw));
    const lines = [`Content-Type: ${draw.pick(contentTypes)}`, `Content-Length: ${body.length}`];
    const whole = Buffer.concat([bytesOf(requestHead(draw, paths, lines, 'POST')), body]);
    return { name: 'mutated', pieces: cut(draw, draw.mutated(whole)), expects: 'any' };
  },
  noise(draw) {
    const beginning = draw.pick([
      Buffer.alloc(0),
      Buffer.of(0x16, 3, 1, 2, 0),
      bytesOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      bytesOf('\r\n\r\n'),
      bytesOf('GET '),
    ]);
    return {
      name: 'noise',
      pieces: [Buffer.concat([beginning, draw.bytes(draw.length(2_000))])],
      expects: 'any',
    };
  },
};

const all = Object.values(makers);

/** @param paths of the listener's routes */
export function rawInput(draw: Draw, paths: readonly string[]): RawInput {
  return draw.pick(all)(draw, paths);
}
