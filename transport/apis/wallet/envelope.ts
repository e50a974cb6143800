/** Replies of the Wallet family are bare; a list carries its pagination beside its rows (CONTRACT: wallet family). */
import type { Answer, Pagination, Route } from '../../http/route.ts';
import type { JsonSchema } from '../../http/schema.ts';
import { integer, object } from '../../http/schema.ts';

const pagination = object({ page: integer(), page_size: integer(), total: integer() }).json;

export function renderReply({ data, pagination }: Answer<unknown>): unknown {
  return pagination === undefined ? data : { ...(data as object), pagination };
}

export function readReply(json: unknown, route: Route): Answer<unknown> {
  if (route.envelope !== 'list') return { data: json };
  const { pagination, ...data } = json as { readonly pagination: Pagination };
  return { data, pagination };
}

export function replySchema({ envelope }: Route, data: JsonSchema): JsonSchema {
  if (envelope !== 'list') return data;
  return {
    ...data,
    properties: { ...(data.properties as object), pagination },
    required: [...(data.required as readonly string[]), 'pagination'],
  };
}
