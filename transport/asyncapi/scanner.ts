/** The scanner protocol: JSON-RPC calls of both sides, each with its answers. */
import type { Components } from '../http/openapi/components.ts';
import { exampleOf } from '../http/openapi/example.ts';
import {
  constant,
  freeform,
  integer,
  type JsonSchema,
  named,
  nullable,
  object,
  optional,
  type Schema,
  string,
  text,
} from '../http/schema.ts';
import { openMethod, openParams, openResult, scannerCalls } from '../scanner/calls.ts';
import { rpcCodes } from '../scanner/json-rpc.ts';
import { pushCalls } from '../scanner/push.ts';

const jsonrpc = constant('2.0');
/** Of a scanner's call: an integer or a string of its own. */
const callId: JsonSchema = {
  title: 'CallId',
  description: 'An integer or a string; the answer repeats it. Free again once the call was answered.',
  type: ['integer', 'string'],
  examples: [7],
};

const rpcError = named(
  'RpcError',
  object({
    jsonrpc,
    id: nullable(integer()),
    error: object({
      code: integer(),
      message: string,
      data: object({
        code: text({ description: 'The code of the same error over REST', example: 'challenge_not_found' }),
        request_id: optional(string),
        details: optional(freeform),
        retry_after_ms: optional(integer()),
      }),
    }),
  }),
);

interface Call {
  readonly method: string;
  readonly summary: string;
  readonly params: Schema<unknown>;
  readonly result: Schema<unknown>;
  /** Who calls. */
  readonly by: 'scanner' | 'engine';
}

const calls: readonly Call[] = [
  {
    method: openMethod,
    summary: 'Open the session: the first call of every connection.',
    params: openParams,
    result: openResult,
    by: 'scanner',
  },
  ...Object.entries(scannerCalls).map(([method, { summary, params, result }]) => {
    return { method, summary, params, result, by: 'scanner' } as const;
  }),
  ...Object.entries(pushCalls).map(([method, { summary, params }]) => {
    return { method, summary, params, result: object({}), by: 'engine' } as const;
  }),
];

/** `challenge.renew_due` → `challengeRenewDue`. */
export function keyOf(method: string): string {
  return method.replaceAll(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());
}

interface Described {
  readonly messages: Record<string, object>;
  readonly operations: Record<string, object>;
}

/** @param channel where the messages are published, a reference */
export function describeScanner(components: Components, channel: string): Described {
  const messages: Record<string, object> = { error: errorMessage(components) };
  const operations: Record<string, object> = {};
  for (const call of calls) {
    const key = keyOf(call.method);
    messages[key] = callMessage(call, components);
    messages[`${key}Result`] = resultMessage(call, components);
    const refer = (message: string): object => ({ $ref: `${channel}/messages/${message}` });
    operations[key] = {
      // The document speaks as the engine: what a scanner calls, it receives.
      action: call.by === 'scanner' ? 'receive' : 'send',
      channel: { $ref: channel },
      summary: call.summary,
      messages: [refer(key)],
      reply: { channel: { $ref: channel }, messages: [refer(`${key}Result`), refer('error')] },
    };
  }
  return { messages, operations };
}

function callMessage({ method, summary, params, by }: Call, components: Components): object {
  const id = by === 'scanner' ? callId : { type: 'integer', description: 'The same as params.seq.' };
  const payload = rpcObject({ id, method: { type: 'string', const: method }, params: params.json });
  return message(method, summary, payload, components);
}

function resultMessage({ method, result, by }: Call, components: Components): object {
  const id = by === 'scanner' ? callId : { type: 'integer', description: 'The seq that it acknowledges.' };
  const said = by === 'scanner' ? `Answers ${method}.` : `Acknowledges ${method}.`;
  return message(`${method} result`, said, rpcObject({ id, result: result.json }), components);
}

function errorMessage(components: Components): object {
  const numbers = Object.values(rpcCodes).join(', ');
  const said = `Answers any call that failed. error.code is a class (${numbers}); branch on error.data.code.`;
  return message('error', said, rpcError.json, components);
}

function rpcObject(fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const properties = { jsonrpc: jsonrpc.json, ...fields };
  return { type: 'object', properties, required: Object.keys(properties) };
}

function message(name: string, summary: string, payload: JsonSchema, components: Components): object {
  return {
    name,
    title: name,
    summary,
    contentType: 'application/json',
    payload: components.schema(payload),
    examples: [{ payload: exampleOf(payload) }],
  };
}
