/** The error numbers of families whose clients get numbers, as a page: what each means and which calls answer it. */
import { type ErrorCode, ThenarError } from '../../../engine/errors.ts';
import type { Facade } from '../facade.ts';
import { errorCodesOf } from '../openapi/responses.ts';
import { publishedRoutes } from '../openapi.ts';
import { escapeHtml } from '../page.ts';
import type { Route } from '../route.ts';

/** What the pipeline answers before it knows the route, or whatever the route is. */
const anywhere: readonly ErrorCode[] = ['route_not_found', 'method_not_allowed', 'internal'];

export function errorSections(facades: readonly Facade[]): string {
  return facades
    .filter(({ catalogue }) => catalogue !== undefined)
    .map(section)
    .join('\n');
}

function section(facade: Facade): string {
  const routes = publishedRoutes(facade);
  const answered = new Map<ErrorCode, Route[]>(anywhere.map((code) => [code, []]));
  for (const route of routes) {
    for (const code of errorCodesOf(route)) answered.set(code, [...(answered.get(code) ?? []), route]);
  }
  const rows = [...answered]
    .map(([code, by]) => ({ code, by, ...entryOf(facade, code) }))
    .sort((a, b) => a.number - b.number)
    .map(
      ({ code, by, number, meaning, status }) => `<tr id="${number}"><td><code>${number}</code></td>
<td class="status">${status}</td><td><code>${code}</code></td><td>${escapeHtml(meaning)}</td><td>${callsOf(by, routes)}</td></tr>`,
    );
  return `<h2>${escapeHtml(facade.title)}</h2>
<table><tr><th>Number</th><th>Status</th><th>Code</th><th>Meaning</th><th>Answered by</th></tr>
${rows.join('\n')}</table>`;
}

function entryOf(facade: Facade, code: ErrorCode): { number: number; meaning: string; status: number } {
  const { number, meaning } = facade.catalogue?.[code] ?? { number: 0, meaning: '' };
  return { number, meaning, status: facade.renderError(new ThenarError(code, code), null, 'public').status };
}

function callsOf(by: readonly Route[], all: readonly Route[]): string {
  if (by.length === 0 || by.length === all.length) return 'any call';
  return by.map(({ operation }) => `<a href="/docs#${operation}">${operation}</a>`).join(' ');
}
