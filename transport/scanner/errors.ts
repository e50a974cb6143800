import { closeCodes } from '../../actors/device/protocol.ts';
import { asThenarError, type ErrorCode, ThenarError } from '../../engine/errors.ts';
import { type RpcError, rpcCodes } from './json-rpc.ts';

/** An error as JSON-RPC shows it; `data.code` is the code of the same error over REST (CONTRACT). */
export function rpcError(error: unknown, requestId: string | null): RpcError {
  const { code, message, details, retryAfterMs } = asThenarError(error);
  return {
    code: numberOf(code),
    message,
    data: {
      code,
      ...(requestId === null ? {} : { request_id: requestId }),
      ...(details === undefined ? {} : { details }),
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
    },
  };
}

function numberOf(code: ErrorCode): number {
  switch (code) {
    case 'malformed_body':
      return rpcCodes.parseError;
    case 'protocol_violation':
      return rpcCodes.invalidRequest;
    case 'route_not_found':
      return rpcCodes.methodNotFound;
    case 'validation_failed':
      return rpcCodes.invalidParams;
    default:
      return rpcCodes.serverError;
  }
}

export function unreadable(message: string): RpcError {
  return rpcError(new ThenarError('malformed_body', message), null);
}

export function violation(message: string): RpcError {
  return rpcError(new ThenarError('protocol_violation', message), null);
}

export function unknownMethod(method: string): RpcError {
  return rpcError(new ThenarError('route_not_found', `There is no method ${method.slice(0, 64)}.`), null);
}

export const busy = new ThenarError('engine_busy', 'Too many calls of this scanner are under way.', {
  retryAfterMs: 100,
});

export const restarting = new ThenarError('unavailable', 'The engine is restarting.', {
  retryAfterMs: 1_000,
});

/** How a connection ends when its device may not speak (CONTRACT: close codes); null for every other error. */
export function closeCodeOf(code: ErrorCode): number | null {
  switch (code) {
    case 'tenant_suspended':
    case 'device_suspended':
      return closeCodes.suspended;
    case 'device_certificate_invalid':
    case 'device_certificate_revoked':
    case 'device_revoked':
      return closeCodes.certificateRevoked;
    default:
      return null;
  }
}

/** Ends that mean something here: our own codes, and those of RFC 6455 §7.4.1 that scanners and networks bring. */
const countedCloses: ReadonlySet<number> = new Set([
  ...Object.values(closeCodes),
  1000,
  1001,
  1002,
  1005,
  1006,
  1007,
  1011,
]);

/** The name under which an end is counted: a scanner may close with any of thousands of codes. */
export function closeNameOf(code: number): string {
  return countedCloses.has(code) ? String(code) : 'other';
}
