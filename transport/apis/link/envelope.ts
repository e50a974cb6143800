/** Success envelopes of the Link family (CONTRACT: envelopes of the Link family). */
import type { Answer, Route } from '../../http/route.ts';
import type { JsonSchema } from '../../http/schema.ts';
import { boolean, integer, object } from '../../http/schema.ts';

const pagination = object({ page: integer(), page_size: integer(), total: integer() }).json;

type Envelope = NonNullable<Route['envelope']>;

/** The device plane answers bare objects, as document 000 section 14.4 shows them. */
function envelopeOf(route: Route): Envelope {
  return route.envelope ?? (route.plane === 'device' ? 'bare' : 'data');
}

export function renderReply(answer: Answer<unknown>, route: Route): unknown {
  const envelope = envelopeOf(route);
  switch (envelope) {
    case 'bare':
      return answer.data;
    case 'top':
      return { success: true, ...(answer.data as object) };
    case 'data':
    case 'list':
      return { success: true, data: answer.data, message: answer.message, pagination: answer.pagination };
    default:
      return envelope satisfies never;
  }
}

export function readReply(json: unknown, route: Route): Answer<unknown> {
  const envelope = envelopeOf(route);
  if (envelope === 'bare' || envelope === 'top') return { data: json };
  return json as Answer<unknown>;
}

export function replySchema(route: Route, data: JsonSchema): JsonSchema {
  const envelope = envelopeOf(route);
  const success = boolean.json;
  switch (envelope) {
    case 'bare':
      return data;
    case 'top':
      return {
        ...data,
        properties: { success, ...(data.properties as object) },
        required: ['success', ...(data.required as readonly string[])],
      };
    case 'data':
      return {
        type: 'object',
        properties: { success, data, message: { type: 'string' } },
        required: ['success', 'data'],
      };
    case 'list':
      return {
        type: 'object',
        properties: { success, data, pagination },
        required: ['success', 'data', 'pagination'],
      };
    default:
      return envelope satisfies never;
  }
}
