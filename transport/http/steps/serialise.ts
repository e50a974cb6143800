import { type Exchange, routeOf } from '../exchange.ts';
import type { Answer } from '../route.ts';
import type { CompiledRoute } from '../router.ts';

/** The answer as bytes, by the serialiser compiled from the reply's schema: what it does not name is not sent. */
export function serialise(exchange: Exchange): void {
  const route = routeOf(exchange);
  const { answer } = exchange;
  if (answer === null) throw new Error('a route gave no answer');
  const { contentType, stringify } = route;
  exchange.reply = {
    status: answer.status ?? route.status,
    headers:
      answer.headers === undefined
        ? { 'content-type': contentType }
        : { 'content-type': contentType, ...answer.headers },
    body: stringify === null ? (answer.data as string | Uint8Array) : textOf(route, answer, stringify),
    ...(answer.stream === undefined ? {} : { stream: answer.stream }),
  };
}

function textOf(
  route: CompiledRoute,
  answer: Answer<unknown>,
  stringify: NonNullable<CompiledRoute['stringify']>,
): string {
  if (answer.lasting !== true) return stringify(route.facade.renderReply(answer, route));
  const data = answer.data as object;
  const kept = route.texts.get(data);
  if (kept !== undefined) return kept;
  // Once in one piece: a text that was put together from many is walked through at each sending.
  const text = Buffer.from(stringify(route.facade.renderReply(answer, route))).toString();
  route.texts.set(data, text);
  return text;
}
