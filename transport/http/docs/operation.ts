/** One operation as a section of the page: who may call it, what it takes and gives, how it refuses. */
import { type ErrorCode, ThenarError } from '../../../engine/errors.ts';
import type { Facade } from '../facade.ts';
import { exampleOf } from '../openapi/example.ts';
import { errorCodesOf, errorName } from '../openapi/responses.ts';
import { escapeHtml } from '../page.ts';
import { type Auth, isMedia, type Route } from '../route.ts';
import type { JsonSchema } from '../schema.ts';
import { oneLine, outline } from './outline.ts';

const callers: Readonly<Record<Auth, string>> = {
  public: 'anybody',
  client_or_session: 'OAuth client or console session',
  session: 'console session',
  platform: 'platform administrator',
  self: 'any console session',
  user: 'end user',
  wallet: 'registered user, by a token of the tenant’s identity provider',
  subject: 'anybody with a token of the tenant’s identity provider',
  device: 'device certificate, on the device listener',
  operator: 'operator, on the ops listener',
};

export function operationSection(facade: Facade, route: Route): string {
  const roles = route.roles === undefined ? [] : [`roles ${route.roles.join(', ')}`];
  const scope = route.scope === undefined ? [] : [`scope ${route.scope}`];
  const chips = [callers[route.auth], ...scope, ...roles];
  return `<details class="operation" id="${route.operation}">
<summary><b class="${route.method}">${route.method}</b> <code>${escapeHtml(facade.basePath + route.path)}</code>
<span>${escapeHtml(route.summary)}</span></summary>
<p>${chips.map((chip) => `<span class="chip">${escapeHtml(chip)}</span>`).join(' ')}</p>
${parameters(route)}${request(facade, route)}${reply(facade, route)}${refusals(facade, route)}</details>`;
}

function parameters(route: Route): string {
  const inPath = [...route.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => {
    const kind = route.params?.[name] === undefined ? 'string' : 'string (uuid)';
    return [name, 'path', kind] as const;
  });
  const { properties = {} } = (route.query?.json ?? {}) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
  };
  const inQuery = Object.entries(properties).map(
    ([name, schema]) => [name, 'query', oneLine(schema)] as const,
  );
  const rows = [...inPath, ...inQuery].map(
    ([name, where, what]) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${where}</td><td>${escapeHtml(what)}</td></tr>`,
  );
  return rows.length === 0 ? '' : `<h4>Parameters</h4><table>${rows.join('')}</table>`;
}

function request(facade: Facade, route: Route): string {
  if (route.bytes !== undefined)
    return `<h4>Request</h4><p><code>${escapeHtml(route.bytes.media)}</code></p>`;
  if (route.body === undefined) return '';
  const { json } = route.body;
  const forms = route.forms ? ' <small>JSON, or a form with the same fields</small>' : '';
  const example = facade.examples?.[route.operation]?.request ?? exampleOf(json);
  return `<h4>Request${forms}</h4>${sideBySide(json, example)}`;
}

function reply(facade: Facade, route: Route): string {
  const heading = `<h4>Answer <span class="status">${route.status}</span></h4>`;
  if (isMedia(route.reply)) return `${heading}<p><code>${escapeHtml(route.reply.media)}</code></p>`;
  const schema = facade.replySchema(route, route.reply.json);
  return heading + sideBySide(schema, facade.examples?.[route.operation]?.reply ?? exampleOf(schema));
}

function sideBySide(schema: JsonSchema, example: unknown): string {
  return `<div class="pair"><pre>${escapeHtml(outline(schema))}</pre>
<pre class="example">${escapeHtml(JSON.stringify(example, null, 2))}</pre></div>`;
}

function refusals(facade: Facade, route: Route): string {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorCodesOf(route)) {
    const { status } = facade.renderError(new ThenarError(code, code), route, route.plane);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const rows = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) => {
      const named = codes.map((code) => `<code>${errorName(facade, code)}</code>`).join(' ');
      return `<tr><td class="status">${status}</td><td>${named}</td></tr>`;
    });
  return `<h4>Refusals</h4><table>${rows.join('')}</table>`;
}
