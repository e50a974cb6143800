/** What the start of this process spent its time on: the first question when one was slow. */
import { type Route, route } from '../http/route.ts';
import { list, number, object, string } from '../http/schema.ts';

export const startRoute: Route = route({
  method: 'GET',
  path: '/start',
  operation: 'showStart',
  summary: 'Parts of the start in the order in which they began, in milliseconds since the process began.',
  auth: 'operator',
  reply: object({ phases: list(object({ name: string, from: number(), to: number() })) }),
  handle: ({ api }) => ({ data: { phases: [...api.ops.start()] } }),
});
