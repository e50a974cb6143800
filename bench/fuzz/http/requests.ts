/** Requests to every route of every family that are right but for what they carry. */
import { families } from '../../../transport/apis/families.ts';
import { exampleOf } from '../../../transport/http/openapi/example.ts';
import type { Plane, Route } from '../../../transport/http/route.ts';
import { contentTypes, hostileQuery, multipartBody } from '../decoders/wire.ts';
import type { Draw } from '../draw.ts';
import { hostileBody, hostileJson } from '../json.ts';

/** Credentials by who they are of; what is not there goes without. */
export interface Callers {
  readonly client?: Readonly<Record<string, string>>;
  readonly console?: Readonly<Record<string, string>>;
  readonly platform?: Readonly<Record<string, string>>;
  readonly wallet?: Readonly<Record<string, string>>;
}

/** What would end the run for all the others when a body happened to be right; tried by nobody in particular. */
const forNobody: ReadonlySet<string> = new Set([
  'uploadServerCertificate',
  'deleteServerCertificate',
  'uploadPlatformCa',
  'generatePlatformCa',
  'regeneratePlatformCa',
  'rotateSigningKeys',
  'migratePalmModel',
  'setVerificationServer',
  'logout',
  'updateTenantConfig',
  'removeIdentityProvider',
  'setIdentityProvider',
]);

export interface PlaneRoute {
  readonly route: Route;
  readonly path: string;
}

/** Routes of one listener, with their whole paths; not the streams, whose answers have no end. */
export function routesOf(plane: Plane): readonly PlaneRoute[] {
  return families.flatMap(({ basePath, routes }) =>
    routes
      .filter((route) => route.plane === plane && !route.path.endsWith('/stream'))
      .map((route) => ({ route, path: basePath + route.path })),
  );
}

function headersFor(
  draw: Draw,
  { auth, operation }: Route,
  callers: Callers,
): Readonly<Record<string, string>> {
  if (forNobody.has(operation) || draw.chance(0.03)) return {};
  switch (auth) {
    case 'client_or_session':
      return (draw.chance(0.8) ? callers.client : callers.console) ?? {};
    case 'session':
    case 'self':
      return callers.console ?? {};
    case 'platform':
      return callers.platform ?? {};
    case 'wallet':
    case 'subject':
    case 'user':
      return callers.wallet ?? {};
    case 'operator':
      return draw.chance(0.5) ? { 'X-Thenar-Ops': '1' } : {};
    default:
      return {};
  }
}

const segments = [
  '00000000-0000-4000-8000-000000000000',
  'a',
  '%00',
  '..%2f..',
  '%F0%9F%96%90',
  '%ED%A0%80',
  "'",
  'x'.repeat(600),
  '0',
  'email',
  'mock',
  'nafath',
];

function targetOf(draw: Draw, { path, route }: PlaneRoute): string {
  const filled = path.replaceAll(/\{[^}]+\}/g, () =>
    draw.chance(0.6) ? (segments[0] ?? '') : draw.pick(segments),
  );
  return draw.chance(route.query === undefined ? 0.05 : 0.6) ? `${filled}?${hostileQuery(draw)}` : filled;
}

function bodyOf(
  draw: Draw,
  { body, multipart }: Route,
): { readonly type: string; readonly bytes: Buffer } | null {
  if (body === undefined)
    return draw.chance(0.05) ? { type: 'application/json', bytes: Buffer.from(hostileJson(draw)) } : null;
  if (multipart !== undefined && draw.chance(0.5)) {
    return { type: 'multipart/form-data; boundary=XfuzzX', bytes: multipartBody(draw) };
  }
  const text = hostileBody(draw, body.json, exampleOf(body.json));
  // Names that nobody can resolve: what is stored by chance leads nowhere.
  const bytes = Buffer.from(text.replaceAll('example.com', 'example.invalid'));
  return { type: draw.chance(0.95) ? 'application/json' : draw.pick(contentTypes), bytes };
}

/** A request whose framing is right, so that its connection serves the next one too. */
export function routeRequest(draw: Draw, routes: readonly PlaneRoute[], callers: Callers): Buffer {
  const chosen = draw.pick(routes);
  const body = bodyOf(draw, chosen.route);
  const chunked = body !== null && draw.chance(0.1);
  const lines = Object.entries(headersFor(draw, chosen.route, callers)).map(
    ([name, value]) => `${name}: ${value}`,
  );
  if (draw.chance(0.05))
    lines.push(`X-Request-Id: ${draw.pick(['a', 'x'.repeat(200), 'é', '<script>', ''])}`);
  if (draw.chance(0.05)) lines.push(`Accept-Encoding: ${draw.pick(['gzip', '*;q=0', 'br, deflate'])}`);
  if (body !== null) {
    lines.push(`Content-Type: ${body.type}`);
    lines.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.bytes.length}`);
  }
  const head = [
    `${chosen.route.method} ${targetOf(draw, chosen)} HTTP/1.1`,
    'Host: localhost',
    ...lines,
    '',
    '',
  ];
  const front = Buffer.from(head.join('\r\n'), 'latin1');
  if (body === null) return front;
  return Buffer.concat([front, chunked ? inChunks(draw, body.bytes) : body.bytes]);
}

function inChunks(draw: Draw, bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = Math.min(bytes.length - at, draw.between(1, 4_000));
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), bytes.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
