/** Pages as they are served: hashed files for ever, the index never without asking, nothing else at all. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import t from 'tap';
import { publicHandler } from '../../transport/http/listeners.ts';
import { builtFolder, readBuiltPage } from '../../transport/pages/built.ts';
import { consolePage, pageEntries } from '../../transport/pages/entries.ts';
import { encodingFor } from '../../transport/pages/routes.ts';
import { fakeApi } from '../support/fake-api.ts';
import { ask, listenerOptions } from '../support/http.ts';

/** Of everything that a page may load, compressed. */
const BYTES_MAX = 250 * 1024;

const handler = publicHandler(fakeApi().api, listenerOptions);
const built = readBuiltPage(consolePage);
const index = Buffer.from(built.index.bytes.identity).toString();
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

t.test('the index is asked for each time, and costs nothing when it is the same', async (t) => {
  const told = await ask(handler, 'GET', '/console/');
  t.equal(told.status, 200);
  t.equal(told.headers['content-type'], 'text/html; charset=utf-8');
  t.equal(told.headers['cache-control'], 'no-cache');
  t.equal(told.headers.vary, 'accept-encoding');
  const { etag = '' } = told.headers;
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await ask(handler, 'GET', '/console/', { headers: { 'if-none-match': known } });
    t.equal(again.status, 304, known);
    t.equal(again.text, '');
    t.equal(again.headers.etag, etag);
  }
  const other = await ask(handler, 'GET', '/console/', { headers: { 'if-none-match': '"other"' } });
  t.equal(other.status, 200);
});

t.test('headers keep everything that is not ours out', async (t) => {
  for (const path of ['/console/', ...[...built.files.keys()].map((file) => `/console/assets/${file}`)]) {
    const { headers } = await ask(handler, 'GET', path);
    const policy = headers['content-security-policy'] ?? '';
    for (const directive of [
      "default-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "object-src 'none'",
    ]) {
      t.ok(policy.includes(directive), `${path}: ${directive}`);
    }
    t.notMatch(policy, /unsafe|data:|https?:/);
    t.equal(headers['x-content-type-options'], 'nosniff');
    t.equal(headers['referrer-policy'], 'no-referrer');
  }
});

t.test('nothing is inline and nothing is from elsewhere', async (t) => {
  t.notMatch(index, /<style|style=|<script>|\son\w+=|https?:/);
  const named = [...index.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
  t.ok(named.length >= 3);
  for (const target of named) {
    t.match(target, /^\/console\/assets\/[\w.-]+-[A-Z0-9]{8}\.(js|css|svg)$/);
    t.equal((await ask(handler, 'GET', target)).status, 200, target);
  }
});

t.test('files carry a hash in their name, stay for ever and come compressed', async (t) => {
  for (const [file, { bytes, type }] of built.files) {
    const path = `/console/assets/${file}`;
    const plain = await ask(handler, 'GET', path);
    t.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    t.equal(plain.headers['content-type'], type);
    t.equal(plain.headers['content-encoding'], undefined);
    t.equal(plain.text, latin(bytes.identity));
    const br = await ask(handler, 'GET', path, { headers: { 'accept-encoding': 'gzip, deflate, br' } });
    t.equal(br.headers['content-encoding'], 'br');
    t.equal(latin(brotliDecompressSync(Buffer.from(br.text, 'latin1'))), plain.text);
    const gzip = await ask(handler, 'GET', path, { headers: { 'accept-encoding': 'gzip' } });
    t.equal(gzip.headers['content-encoding'], 'gzip');
    t.equal(latin(gunzipSync(Buffer.from(gzip.text, 'latin1'))), plain.text);
  }
});

t.test('a client gets only what it takes', async (t) => {
  t.equal(encodingFor(undefined), 'identity');
  t.equal(encodingFor('deflate, zstd'), 'identity');
  t.equal(encodingFor('br;q=0, gzip;q=0.5'), 'gzip');
  t.equal(encodingFor('br;q=0.0,gzip; q=0'), 'identity');
  t.equal(encodingFor('GZIP, BR;q=0.001'), 'br');
});

t.test('paths of pages are the index, whatever looks like a file is there or is not', async (t) => {
  for (const path of [
    '/console/users',
    '/console/users/8d5b6a1e-0000-4000-8000-000000000000',
    '/console/a/b/c',
  ]) {
    const told = await ask(handler, 'GET', path);
    t.equal(told.status, 200, path);
    t.equal(told.text, index);
  }
  t.equal((await ask(handler, 'GET', '/console')).headers.location, '/console/');
  const file = [...built.files.keys()][0] ?? '';
  const missing = [
    '/console/main.js',
    '/console/assets/main.js',
    '/console/assets/',
    `/console/assets/${file}.br`,
    '/console/assets/manifest.json',
    '/console/assets/index.html',
    '/console/assets/..',
    '/console/assets/..%2fmanifest.json',
    '/console/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fmain.js',
    `/console/assets/..%2fassets%2f${file}`,
    '/console/../package.json',
    '/console/%2e%2e/package.json',
    '/console/users/../../package.json',
    '/console/a/b/c/d',
    '/console/users/%00',
  ];
  for (const path of missing) t.equal((await ask(handler, 'GET', path)).status, 404, path);
  t.equal((await ask(handler, 'POST', '/console/')).status, 405);
});

t.test('every page, with all it may load, is small', async (t) => {
  for (const entry of pageEntries) {
    const { index, files } = readBuiltPage(entry);
    const bytes = [index, ...files.values()].reduce((sum, file) => sum + file.bytes.br.byteLength, 0);
    t.ok(bytes < BYTES_MAX, `${entry.name}: ${bytes} bytes in ${builtFolder(entry)}`);
    t.comment(`${entry.name}: ${bytes} bytes`);
  }
});
