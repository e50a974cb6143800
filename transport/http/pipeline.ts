/** One request from its first step to its reply. Errors are rendered once, here at the edge. */
import { asThenarError, ThenarError } from '../../engine/errors.ts';
import type { Exchange, Listener, Step } from './exchange.ts';
import { edgeHeaders } from './headers.ts';
import type { HttpHandler, HttpReply, HttpRequest } from './message.ts';
import { authenticate } from './steps/authenticate.ts';
import { authorise } from './steps/authorise.ts';
import { handle } from './steps/handle.ts';
import { charge, limit } from './steps/limit.ts';
import { match } from './steps/match.ts';
import { parse } from './steps/parse.ts';
import { record } from './steps/record.ts';
import { serialise } from './steps/serialise.ts';
import { throttle } from './steps/throttle.ts';

/** Read it top to bottom: each step passes or throws, and the first that leaves a reply ends it. */
export const pipeline: readonly Step[] = [
  limit, // by address, before anything is spent
  match, // 404, 405, OPTIONS
  authenticate, // 401
  throttle, // by caller, 429
  authorise, // 403, and whose tenant
  parse, // 400, 413, 415, 422
  handle, // the engine
  serialise,
];

/** Turns a listener into what drivers call. */
export function createHandler(listener: Listener): HttpHandler {
  return async (request) => {
    const exchange = begin(listener, request);
    let failure: ThenarError | null = null;
    try {
      await withinDeadline(exchange, run(exchange));
    } catch (error) {
      failure = asThenarError(error);
      exchange.reply = renderFailure(exchange, failure);
    }
    charge(exchange);
    const reply = exchange.reply ?? renderFailure(exchange, asThenarError(new Error('no step gave a reply')));
    record(exchange, reply, failure);
    return { ...reply, headers: { ...edgeHeaders(exchange), ...reply.headers } };
  };
}

function begin(listener: Listener, request: HttpRequest): Exchange {
  const startedAt = listener.clock.monotonic();
  const [first] = listener.router.routes;
  if (first === undefined) throw new Error('a listener without routes');
  return {
    listener,
    request,
    requestId: requestId(listener, request),
    startedAt,
    deadline: startedAt + listener.deadlineMs,
    facade: first.facade,
    matched: null,
    params: {},
    caller: { kind: 'anonymous' },
    tenantId: null,
    rate: null,
    body: undefined,
    query: undefined,
    answer: null,
    reply: null,
  };
}

/** A caller's own identifier is kept when it is harmless in headers and logs. */
function requestId(listener: Listener, request: HttpRequest): string {
  const given = request.headers['x-request-id'];
  return given !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : listener.random.uuid();
}

async function run(exchange: Exchange): Promise<void> {
  for (const step of pipeline) {
    const pending = step(exchange);
    if (pending !== undefined) await pending;
    if (exchange.reply !== null) return;
  }
}

/**
 * The engine answers within the call's deadline by itself; this catches what has no deadline of its own, such as a
 * body that trickles in. A step that is still under way then finds its reply taken and its result is dropped.
 */
async function withinDeadline(exchange: Exchange, work: Promise<void>): Promise<void> {
  const { clock, deadlineMs } = exchange.listener;
  let cancel: () => void = () => undefined;
  const expiry = new Promise<never>((_, reject) => {
    cancel = clock.after(deadlineMs, () => {
      reject(new ThenarError('deadline_exceeded', 'The request took too long.', { retryAfterMs: 1_000 }));
    });
  });
  try {
    await Promise.race([work, expiry]);
  } finally {
    cancel();
    work.catch(() => undefined);
  }
}

function renderFailure(exchange: Exchange, error: ThenarError): HttpReply {
  const { status, body, headers } = exchange.facade.renderError(
    error,
    exchange.matched,
    exchange.listener.plane,
  );
  const retryMs = status === 429 || status === 503 ? (error.retryAfterMs ?? 1_000) : error.retryAfterMs;
  const allow = error.code === 'method_not_allowed' ? String(error.details?.allow ?? '') : null;
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(retryMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryMs / 1000))) }),
      ...(allow === null ? {} : { allow }),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}
