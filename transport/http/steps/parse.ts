import { ThenarError } from '../../../engine/errors.ts';
import { limits } from '../../../engine/limits.ts';
import { bodyKinds, parseFields, readBody } from '../body.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import { isUuid } from '../uuid.ts';
import { invalid } from '../validate.ts';

/** Path, query and body by their schemas. @throws ThenarError malformed_body, validation_failed, … */
export async function parse(exchange: Exchange): Promise<void> {
  const route = routeOf(exchange);
  for (const [name, code] of Object.entries(route.params ?? {})) {
    if (!isUuid(exchange.params[name] ?? ''))
      throw new ThenarError(code, 'There is nothing by that identifier.');
  }
  if (route.validateQuery !== null) exchange.query = route.validateQuery(queryFields(exchange.request.query));
  if (route.validateBody !== null) {
    const bytesMax = route.bodyBytesMax ?? limits.body_bytes_max;
    exchange.body = route.validateBody(await readBody(exchange.request, bytesMax, bodyKinds(route)));
  }
}

function queryFields(query: string): Record<string, string> {
  try {
    return parseFields(query);
  } catch {
    throw invalid([{ field: 'query', message: 'must name each parameter once' }]);
  }
}
