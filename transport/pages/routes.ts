/** Serves a built page: its files for ever, its index never without asking, and nothing but what was built. */
import { ThenarError } from '../../engine/errors.ts';
import type { HttpRequest } from '../http/message.ts';
import { type Answer, type Auth, binaryMedia, type Route, route } from '../http/route.ts';
import { type BuiltFile, type BuiltPage, type Encoding, encodings, readBuiltPage } from './built.ts';
import type { PageEntry } from './entries.ts';

/** Everything from this origin, nothing inline, no frame around it, no form that leaves by itself. */
const policy = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const html = binaryMedia('text/html; charset=utf-8');

/**
 * Routes of a page. Paths below the base without a dot are the page's own to show, so that a reload or a link finds
 * them; up to three segments, which is as deep as our pages go.
 */
export function pageRoutes(entry: PageEntry, auth: Extract<Auth, 'public' | 'operator'>): Route[] {
  let read: BuiltPage | null = null;
  const page = (): BuiltPage => {
    read ??= readBuiltPage(entry);
    return read;
  };
  const common = { method: 'GET', auth, reply: html } as const;
  const index = ({ request }: { readonly request: HttpRequest }): Answer<Uint8Array> =>
    answer(request, page().index, 'no-cache');
  const shown = (path: string, operation: string, names: readonly string[]): Route =>
    route({
      ...common,
      path: `${entry.base}${path}`,
      operation: `${entry.name}${operation}`,
      summary: `${entry.title}: a page.`,
      words: names,
      handle: ({ request, params }) => {
        if (!names.every((name) => isPageName(params[name] ?? ''))) throw nothing();
        return index({ request });
      },
    });
  return [
    ...(entry.base === '/' ? [] : [withoutSlash(entry, auth)]),
    shown('', 'Index', []),
    ...(entry.deep
      ? [
          shown('{page}', 'Page', ['page']),
          shown('{page}/{item}', 'Item', ['page', 'item']),
          shown('{page}/{item}/{view}', 'View', ['page', 'item', 'view']),
        ]
      : []),
    route({
      ...common,
      path: `${entry.base}assets/{file}`,
      operation: `${entry.name}Asset`,
      summary: `${entry.title}: a file of its pages; its name changes with its content.`,
      words: ['file'],
      handle: ({ request, params }) => {
        const file = page().files.get(params.file ?? '');
        if (file === undefined) throw nothing();
        return answer(request, file, 'public, max-age=31536000, immutable');
      },
    }),
  ];
}

function withoutSlash(entry: PageEntry, auth: Extract<Auth, 'public' | 'operator'>): Route {
  return route({
    method: 'GET',
    auth,
    reply: html,
    path: entry.base.slice(0, -1),
    operation: `${entry.name}Root`,
    summary: `${entry.title}: to where it is.`,
    status: 308,
    handle: () => ({ data: new Uint8Array(), headers: { location: entry.base } }),
  });
}

function answer(request: HttpRequest, file: BuiltFile, cacheControl: string): Answer<Uint8Array> {
  const headers = {
    'content-type': file.type,
    'cache-control': cacheControl,
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    etag: file.etag,
    vary: 'accept-encoding',
  };
  if (isKnown(request.headers['if-none-match'], file.etag)) {
    return { status: 304, data: new Uint8Array(), headers };
  }
  const encoding = encodingFor(request.headers['accept-encoding']);
  if (encoding === 'identity') return { data: file.bytes.identity, headers };
  return { data: file.bytes[encoding], headers: { ...headers, 'content-encoding': encoding } };
}

/** RFC 9110 section 13.1.2: any of the list, weak or not. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag);
}

/** The best encoding a client takes; one it weighs with zero it does not take (RFC 9110 section 12.5.3). */
export function encodingFor(header: string | undefined): Encoding {
  const taken = new Set<string>();
  for (const part of (header ?? '').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) taken.add(name);
  }
  const best = (Object.keys(encodings) as (keyof typeof encodings)[]).find((name) => taken.has(name));
  return best ?? 'identity';
}

/** Names of pages and identifiers have no dots; whatever has one was meant to be a file. */
function isPageName(segment: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(segment);
}

function nothing(): ThenarError {
  return new ThenarError('route_not_found', 'There is no such route.');
}
