/** `/openapi.json`, `/docs` and `/docs/errors`: the published tables, for machines and for people. */
import { errorSections } from './docs/errors.ts';
import { operationSection } from './docs/operation.ts';
import { style } from './docs/style.ts';
import type { Facade, Subject } from './facade.ts';
import { type ApiInfo, openApi, publishedRoutes, subjectOf } from './openapi.ts';
import { escapeHtml, type Page, page } from './page.ts';
import { type Route, route, textMedia } from './route.ts';

/** Routes to serve beside those of `facades`; each is rendered once, when first asked for. */
export function docsRoutes(facades: readonly Facade[], info: ApiInfo): Route[] {
  let document: string | null = null;
  let shown: Page | null = null;
  let errors: Page | null = null;
  const cached = { 'cache-control': 'public, max-age=300' };
  return [
    route({
      method: 'GET',
      path: '/openapi.json',
      operation: 'openApi',
      summary: 'This interface as OpenAPI 3.1.',
      auth: 'public',
      reply: textMedia('application/json; charset=utf-8'),
      handle: () => {
        document ??= JSON.stringify(openApi(facades, info));
        return { data: document, headers: cached };
      },
    }),
    route({
      method: 'GET',
      path: '/docs',
      operation: 'docs',
      summary: 'This interface as a page.',
      auth: 'public',
      reply: textMedia('text/html; charset=utf-8'),
      handle: () => {
        shown ??= page(info.title, body(facades, info), style);
        return { data: shown.html, headers: { ...shown.headers, ...cached } };
      },
    }),
    route({
      method: 'GET',
      path: '/docs/errors',
      operation: 'errorDocs',
      summary: 'Errors by their numbers as a page, for families that answer numbers.',
      auth: 'public',
      reply: textMedia('text/html; charset=utf-8'),
      handle: () => {
        errors ??= page(`${info.title}: errors`, errorBody(facades, info), style);
        return { data: errors.html, headers: { ...errors.headers, ...cached } };
      },
    }),
  ];
}

interface Group {
  readonly subject: Subject;
  readonly facade: Facade;
  readonly routes: readonly Route[];
}

function groupsOf(facade: Facade): readonly Group[] {
  const routes = publishedRoutes(facade);
  const bySubject = new Map<Subject, Route[]>();
  for (const each of routes) {
    const subject = subjectOf(facade, each);
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), each]);
  }
  return [...bySubject].map(([subject, own]) => ({ subject, facade, routes: own }));
}

function body(facades: readonly Facade[], info: ApiInfo): string {
  const groups = facades.flatMap(groupsOf);
  const links = groups.map(
    ({ subject, routes }) =>
      `<a href="#${anchorOf(subject)}"><span>${escapeHtml(subject.name)}</span><small>${routes.length}</small></a>`,
  );
  const sections = groups.map(
    ({ subject, facade, routes }) => `<h2 id="${anchorOf(subject)}">${escapeHtml(subject.name)}</h2>
<p>${escapeHtml(subject.description)}</p>
${routes.map((each) => operationSection(facade, each)).join('\n')}`,
  );
  return `<div class="page"><nav><strong>${escapeHtml(info.title)}</strong>
${links.join('\n')}</nav>
<main><h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
<p>${escapeHtml(info.description ?? '')} The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
${introduction}
${sections.join('\n')}</main></div>`;
}

function errorBody(facades: readonly Facade[], info: ApiInfo): string {
  return `<div class="page"><nav><strong>${escapeHtml(info.title)}</strong>
<a href="/docs"><span>All routes</span></a></nav>
<main><h1>Errors <small>${escapeHtml(info.version)}</small></h1>
<p>The families listed here answer <code>{"error": {"code": 100101, "message": …}}</code>. Branch on the number: it stays
what it is, the message may change. The others answer the code itself as text.</p>
${errorSections(facades)}</main></div>`;
}

function anchorOf({ name }: Subject): string {
  return name.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}

const introduction = `<h3>Callers</h3>
<p>An OAuth client exchanges its credentials at <code>POST /v1/auth/token</code> and sends
<code>Authorization: Bearer …</code>. A person logs in at <code>POST /v1/console/login</code>: the cookie is the
session, and everything but <code>GET</code> also needs <code>X-CSRF-Token</code>. A scanner shows its certificate on
the device listener. The tenant is always the caller’s own; a platform administrator names one with
<code>X-Tenant-Id</code>.</p>
<h3>Answers</h3>
<p>Success is <code>{"success": true, "data": …}</code>, a list adds <code>pagination</code>; scanners get the bare
object. A refusal is <code>{"success": false, "message": …, "error": {"code", "message", "details"?}}</code>: branch
on <code>code</code>. Every answer carries <code>X-Request-Id</code>. Times are RFC 3339 in UTC. In the outlines below
a question mark marks what may be absent.</p>
<p>The Wallet family (<code>/auth</code>, <code>/v2</code>, <code>/transactions</code>) answers bare objects, and refusals
as <code>{"error": {"code": 100101, "message": …}}</code>: <a href="/docs/errors">all of its numbers</a>.</p>`;
