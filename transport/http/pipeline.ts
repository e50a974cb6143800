/** One request from its first step to its reply. Errors are rendered once, here at the edge. */
import { asThenarError, ThenarError } from '../../engine/errors.ts';
import { noSpan } from '../../engine/trace/spans.ts';
import type { Exchange, Listener, Step } from './exchange.ts';
import { completeHeaders } from './headers.ts';
import type { HttpHandler, HttpReply, HttpRequest } from './message.ts';
import { admit, leave } from './steps/admit.ts';
import { authenticate } from './steps/authenticate.ts';
import { authorise } from './steps/authorise.ts';
import { handle } from './steps/handle.ts';
import { charge, limit, limitPublic } from './steps/limit.ts';
import { match } from './steps/match.ts';
import { parse } from './steps/parse.ts';
import { record } from './steps/record.ts';
import { serialise } from './steps/serialise.ts';
import { throttle } from './steps/throttle.ts';
import { trace } from './steps/trace.ts';

/** Read it top to bottom: each step passes or throws, and the first that leaves a reply ends it. */
export const pipeline: readonly Step[] = [
  limit, // by address, before anything is spent
  match, // 404, 405, OPTIONS
  limitPublic, // by address as well, whatever is brought
  authenticate, // 401
  throttle, // by caller, 429
  authorise, // 403, and whose tenant
  admit, // 503 when there is too much to do
  trace, // once it is known who asks
  parse, // 400, 413, 415, 422
  handle, // the engine
  serialise,
];

/** Turns a listener into what drivers call. */
export function createHandler(listener: Listener): HttpHandler {
  return (request) => {
    const exchange = begin(listener, request);
    try {
      const pending = run(exchange, 0);
      if (pending !== undefined) return finishLater(exchange, pending);
    } catch (error) {
      return finish(exchange, error);
    }
    return finish(exchange);
  };
}

async function finishLater(exchange: Exchange, pending: Promise<void>): Promise<HttpReply> {
  try {
    await withinDeadline(exchange, pending);
  } catch (error) {
    return finish(exchange, error);
  }
  return finish(exchange);
}

function finish(exchange: Exchange, error?: unknown): HttpReply {
  const failure = error === undefined ? null : asThenarError(error);
  if (failure !== null) exchange.reply = renderFailure(exchange, failure);
  leave(exchange);
  charge(exchange);
  const reply = exchange.reply ?? renderFailure(exchange, asThenarError(new Error('no step gave a reply')));
  record(exchange, reply, failure);
  const { status, body, stream } = reply;
  const headers = completeHeaders(exchange, reply.headers);
  return stream === undefined ? { status, headers, body } : { status, headers, body, stream };
}

const anonymous = { kind: 'anonymous' } as const;

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
    caller: anonymous,
    actor: anonymous.kind,
    tenantId: null,
    rate: null,
    admittedAs: null,
    span: noSpan,
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

/** The steps from one on, in the same turn for as long as none has to wait. */
function run(exchange: Exchange, from: number): Promise<void> | undefined {
  for (let at = from; at < pipeline.length; at += 1) {
    const pending = pipeline[at]?.(exchange);
    if (pending instanceof Promise) {
      return pending.then(() => (exchange.reply === null ? run(exchange, at + 1) : undefined));
    }
    if (exchange.reply !== null) return undefined;
  }
  return undefined;
}

/**
 * The engine answers within the call's deadline by itself; this catches what has no deadline of its own, such as a
 * body that trickles in. A step that is still under way then finds its reply taken and its result is dropped.
 */
async function withinDeadline(exchange: Exchange, work: Promise<void>): Promise<void> {
  const { clock } = exchange.listener;
  let cancel: () => void = () => undefined;
  const expiry = new Promise<never>((_, reject) => {
    cancel = clock.after(exchange.deadline - clock.monotonic(), () => {
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
