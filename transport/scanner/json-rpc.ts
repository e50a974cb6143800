/** JSON-RPC 2.0 objects as they come from a scanner; rendering of what goes back. */
import { limits } from '../../engine/limits.ts';

export type CallId = string | number;

/** Numeric codes of the JSON-RPC 2.0 specification §5.1, and −32000 for every error of the engine. */
export const rpcCodes = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  serverError: -32_000,
} as const;

export type Incoming =
  | { readonly kind: 'call'; readonly id: CallId; readonly method: string; readonly params: unknown }
  /** The scanner's answer to a call of ours; `id` is the `seq` of that call. */
  | { readonly kind: 'answer'; readonly id: number; readonly accepted: boolean }
  | { readonly kind: 'invalid'; readonly id: CallId | null; readonly message: string };

interface Loose {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly error?: unknown;
}

/** Sorts one parsed message. Batches and notifications are refused: neither has a use here (CONTRACT). */
export function readMessage(json: unknown): Incoming {
  if (Array.isArray(json)) return invalid(null, 'Batches are not taken; send one object a frame.');
  if (typeof json !== 'object' || json === null) return invalid(null, 'A message is a JSON object.');
  const message = json as Loose;
  const id = isCallId(message.id) ? message.id : null;
  if (message.jsonrpc !== '2.0') return invalid(id, 'jsonrpc must be "2.0".');
  if (id === null) {
    const longest = limits.scanner_call_id_length_max;
    return invalid(null, `id must be an integer or a string of 1 to ${longest} characters.`);
  }
  if ('method' in message) {
    if (typeof message.method !== 'string') return invalid(id, 'method must be a string.');
    const params = message.params ?? {};
    if (typeof params !== 'object' || Array.isArray(params)) return invalid(id, 'params must be an object.');
    return { kind: 'call', id, method: message.method, params };
  }
  if ('result' in message === 'error' in message) {
    return invalid(id, 'A message is a call with method, or an answer with either result or error.');
  }
  if (typeof id !== 'number') return invalid(id, 'An answer carries the id of the call it answers.');
  return { kind: 'answer', id, accepted: 'result' in message || answersUnknownMethod(message.error) };
}

/** A scanner that does not know one of our calls has still received it; sending it again would change nothing. */
function answersUnknownMethod(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as { readonly code?: unknown }).code === rpcCodes.methodNotFound
  );
}

function isCallId(value: unknown): value is CallId {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return typeof value === 'string' && value.length > 0 && value.length <= limits.scanner_call_id_length_max;
}

function invalid(id: CallId | null, message: string): Incoming {
  return { kind: 'invalid', id, message };
}

export function renderResult(id: CallId, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result)}}`;
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  /** `code` is the same string as over REST. */
  readonly data: Readonly<Record<string, unknown>>;
}

export function renderError(id: CallId | null, error: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

/** A call of ours. Its id is its `seq`, so that an answer names what it acknowledges. */
export function renderCall(seq: number, method: string, restOfParams: string): string {
  return `{"jsonrpc":"2.0","id":${seq},"method":"${method}","params":{"seq":${seq}${restOfParams}}}`;
}
