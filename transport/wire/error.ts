import type { ErrorCode, ThenarError } from '../../engine/errors.ts';
import type { Json } from '../../engine/records.ts';

export interface ErrorWire {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: { readonly [name: string]: Json };
}

/** The error object inside every envelope and in `error.data` of JSON-RPC. Causes stay behind. */
export function errorWire(error: ThenarError): ErrorWire {
  return {
    code: error.code,
    message: error.message,
    ...(error.details === undefined ? {} : { details: error.details as { readonly [name: string]: Json } }),
  };
}
