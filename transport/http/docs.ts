/** `/openapi.json` and `/docs`: the published tables, for machines and for people. */
import type { Facade } from './facade.ts';
import { type ApiInfo, openApi } from './openapi.ts';
import { escapeHtml, page } from './page.ts';
import { type Auth, isMedia, type Route, route, textMedia } from './route.ts';
import type { JsonSchema } from './schema.ts';

const callers: Readonly<Record<Auth, string>> = {
  public: 'anybody',
  client_or_session: 'OAuth client or console session',
  session: 'console session',
  platform: 'platform administrator',
  self: 'any console session',
  device: 'device certificate, device listener',
  operator: 'operator, ops listener',
};

/** Routes to serve beside those of `facades`; both are rendered once, here. */
export function docsRoutes(facades: readonly Facade[], info: ApiInfo): Route[] {
  const document = JSON.stringify(openApi(facades, info));
  const { html, headers } = page(info.title, body(facades, info), style);
  const cached = { 'cache-control': 'public, max-age=300' };
  return [
    route({
      method: 'GET',
      path: '/openapi.json',
      operation: 'openApi',
      summary: 'This interface as OpenAPI 3.1.',
      auth: 'public',
      reply: textMedia('application/json; charset=utf-8'),
      handle: () => ({ data: document, headers: cached }),
    }),
    route({
      method: 'GET',
      path: '/docs',
      operation: 'docs',
      summary: 'This interface as a page.',
      auth: 'public',
      reply: textMedia('text/html; charset=utf-8'),
      handle: () => ({ data: html, headers: { ...headers, ...cached } }),
    }),
  ];
}

function body(facades: readonly Facade[], info: ApiInfo): string {
  const families = facades.map((facade) => {
    const routes = facade.routes.filter(({ plane }) => plane !== 'ops');
    return `<h2>${escapeHtml(facade.title)}</h2>${routes.map((each) => section(facade, each)).join('\n')}`;
  });
  return `<main><h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
<p>${escapeHtml(info.description ?? '')} The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
${families.join('\n')}</main>`;
}

function section(facade: Facade, each: Route): string {
  const needs = [callers[each.auth], each.scope, each.roles?.join(', ')].filter((part) => part !== undefined);
  const reply = isMedia(each.reply)
    ? `<p>${escapeHtml(each.reply.media)}</p>`
    : schemaBlock(facade.replySchema(each, each.reply.json));
  return `<details id="${each.operation}">
<summary><b class="${each.method}">${each.method}</b> <code>${escapeHtml(facade.basePath + each.path)}</code> ${escapeHtml(each.summary)}</summary>
<p class="needs">${escapeHtml(needs.join(' · '))}</p>
${each.query === undefined ? '' : `<h3>Query</h3>${schemaBlock(each.query.json)}`}
${each.body === undefined ? '' : `<h3>Body</h3>${schemaBlock(each.body.json)}`}
<h3>${each.status}</h3>${reply}
</details>`;
}

function schemaBlock(schema: JsonSchema): string {
  return `<pre>${escapeHtml(outline(schema, ''))}</pre>`;
}

interface Shape {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
}

/** A schema as the object it describes; a question mark after what may be absent. */
function outline(schema: Shape, indent: string): string {
  if (schema.oneOf !== undefined)
    return schema.oneOf.map((choice) => outline(choice, indent)).join(`\n${indent}or `);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.items !== undefined) return `[ ${outline(schema.items, indent)}, … ]`;
  if (schema.properties !== undefined) {
    const inner = `${indent}  `;
    const lines = Object.entries(schema.properties).map(([name, field]) => {
      const mark = schema.required?.includes(name) ? '' : '?';
      return `${inner}${name}${mark}: ${outline(field, inner)}`;
    });
    return `{\n${lines.join('\n')}\n${indent}}`;
  }
  return (
    [schema.type ?? 'any'].flat().join(' or ') + (schema.format === undefined ? '' : ` (${schema.format})`)
  );
}

const style = `
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1 small{font-weight:400;opacity:.6}
details{border-top:1px solid #8884;padding:.4rem 0}
summary{cursor:pointer}
summary b{display:inline-block;min-width:4.2em}
.GET{color:#1a7f5a}.POST{color:#2563c9}.PUT,.PATCH{color:#a15c00}.DELETE{color:#c0392b}
.needs{opacity:.7;margin:.3rem 0}
h3{margin:.6rem 0 .2rem;font-size:1em}
pre{background:#8881;padding:.7rem;overflow:auto;border-radius:6px;margin:.2rem 0}
code,pre{font-family:ui-monospace,monospace;font-size:.92em}
`;
