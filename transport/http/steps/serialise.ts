import { type Exchange, routeOf } from '../exchange.ts';
import { isMedia } from '../route.ts';

/** The answer as bytes, by the serialiser compiled from the reply's schema: what it does not name is not sent. */
export function serialise(exchange: Exchange): void {
  const route = routeOf(exchange);
  const { answer } = exchange;
  if (answer === null) throw new Error('a route gave no answer');
  const media = isMedia(route.reply);
  const body =
    route.stringify === null ? answer.data : route.stringify(route.facade.renderReply(answer, route));
  exchange.reply = {
    status: answer.status ?? route.status,
    headers: {
      'content-type': media ? route.reply.media : 'application/json; charset=utf-8',
      ...answer.headers,
    },
    body: body as string | Uint8Array,
    ...(answer.stream === undefined ? {} : { stream: answer.stream }),
  };
}
