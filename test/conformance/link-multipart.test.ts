/** Bodies in parts: every route of the table that takes them, as a browser's upload form sends them. */
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import type { Route } from '../../transport/http/route.ts';
import { fakeApi } from '../support/fake-api.ts';
import { call, credentialsOf, linkRoutes, listeners, sampleOf, title } from '../support/samples.ts';

const fake = fakeApi();
const to = listeners(fake.api);
const uploads = linkRoutes.filter(({ multipart }) => multipart !== undefined);

type Part = readonly [name: string, value: string | Uint8Array, file?: string];

function formOf(parts: readonly Part[], end = '\r\n--b--\r\n'): Buffer {
  const chunks = parts.flatMap(([name, value, file]) => [
    `\r\n--b\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n\r\n`,
    value,
  ]);
  return Buffer.concat([...chunks, end].map((chunk) => Buffer.from(chunk as string)));
}

function send(route: Route, body: Uint8Array, type = 'multipart/form-data; boundary=b') {
  const asked = credentialsOf(route);
  return call(to, route, { ...asked, body, headers: { ...asked.headers, 'content-type': type } });
}

const sample = (route: Route): Part[] =>
  Object.entries(sampleOf(route.body?.json ?? {}) as Record<string, string>).map(([name, value]) => [
    name,
    value,
  ]);

t.test('parts are fields, with or without a file name', async (t) => {
  t.ok(uploads.length > 0);
  for (const route of uploads) {
    t.equal((await send(route, formOf(sample(route)))).status, route.status, title(route));
    const files = sample(route).map(([name, value]): Part => [name, value, `${name}.pem`]);
    t.equal((await send(route, formOf(files))).status, route.status, title(route));
  }
});

t.test('files are bytes', async (t) => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  for (const route of uploads) {
    const told = await send(
      route,
      formOf([
        ['pkcs12', bytes, 'a.p12'],
        ['password', 'pässword'],
      ]),
    );
    t.equal(told.status, route.status, title(route));
    const parts = fake.calls.at(-1)?.args[1] as { pkcs12: Uint8Array; password: string };
    t.same([[...parts.pkcs12], parts.password], [[...bytes], 'pässword']);
  }
});

t.test('what is no multipart is 400, and a missing part is named', async (t) => {
  const certificate: Part = ['certificate', 'text'];
  const many = Array.from({ length: limits.multipart_parts_max + 1 }, (_, i): Part => [`p${i}`, 'x']);
  for (const route of uploads) {
    const broken: readonly (readonly [what: string, body: Uint8Array, type?: string])[] = [
      ['no boundary', formOf([certificate]), 'multipart/form-data'],
      ['another boundary', formOf([certificate]), 'multipart/form-data; boundary=other'],
      ['cut off', formOf([certificate], '')],
      ['cut off in a header', Buffer.from('\r\n--b\r\nContent-Disposition: form-')],
      ['twice', formOf([certificate, certificate])],
      ['too many', formOf(many)],
      ['not UTF-8', formOf([['certificate', Uint8Array.of(0xff)]])],
      ['prototype', formOf([['__proto__', 'x']])],
      ['text', Buffer.from('text')],
    ];
    for (const [what, body, type] of broken) {
      const told = await send(route, body, type);
      t.same([told.status, told.json.error.code], [400, 'malformed_body'], `${title(route)} ${what}`);
    }
    const told = await send(route, formOf([certificate]));
    t.equal(told.status, 422, title(route));
    t.equal(told.json.error.details.fields[0].field, 'private_key');
  }
});
