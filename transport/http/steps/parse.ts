import { ThenarError } from '../../../engine/errors.ts';
import type { Eventually } from '../../../engine/eventually.ts';
import { limits } from '../../../engine/limits.ts';
import { canonicalUuid, isUuid } from '../../../engine/uuid.ts';
import { parseFields, readBody, readBytes } from '../body.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import { invalid } from '../validate.ts';

/** Path, query and body by their schemas. @throws ThenarError malformed_body, validation_failed, … */
export function parse(exchange: Exchange): Eventually<void> {
  const route = routeOf(exchange);
  for (const [name, code] of route.identifiers) {
    const given = exchange.params[name] ?? '';
    if (!isUuid(given)) throw new ThenarError(code, 'There is nothing by that identifier.');
    const uuid = canonicalUuid(given);
    if (uuid !== given) exchange.params = { ...exchange.params, [name]: uuid };
  }
  if (route.validateQuery !== null) exchange.query = route.validateQuery(queryFields(exchange.request.query));
  const { validateBody, bytes } = route;
  const bytesMax = route.bodyBytesMax ?? limits.body_bytes_max;
  if (bytes !== undefined) {
    return readBytes(exchange.request, bytesMax, bytes.media).then((body) => {
      exchange.body = body;
    });
  }
  if (validateBody === null) return;
  return readBody(exchange.request, bytesMax, route.bodyKinds).then((body) => {
    exchange.body = validateBody(body);
  });
}

function queryFields(query: string): Record<string, string> {
  if (query === '') return {};
  try {
    return parseFields(query);
  } catch {
    throw invalid([{ field: 'query', message: 'must name each parameter once' }]);
  }
}
