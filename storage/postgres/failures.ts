import { type ErrorCode, ThenarError } from '../../engine/errors.ts';

/**
 * What a failure of the server or of the connection to it says about the statement.
 * - `refused`: a guard of ours; `conflict`: a unique index. Both certain, nothing was changed.
 * - `again`: certain that nothing was changed, and trying again may help at once (deadlock, serialization).
 * - `away`: certain that nothing was changed, because the server was not reached.
 * - `unknown`: the connection went while the statement was under way; it may have committed.
 * - `failed`: certain that nothing was changed, and trying again does not help.
 */
export type Failure =
  | { readonly kind: 'refused'; readonly guard: number }
  | { readonly kind: 'conflict'; readonly table: string; readonly code: ErrorCode }
  | { readonly kind: 'again' | 'away' | 'unknown'; readonly cause: unknown }
  | { readonly kind: 'failed'; readonly error: ThenarError };

/** What a unique index stands for when the write that broke it named nothing. */
const INDEX_CODES: Readonly<Record<string, ErrorCode>> = {
  console_users_email: 'email_taken',
  users_external_user_id: 'external_user_id_taken',
  users_email: 'identity_taken',
  users_mobile: 'identity_taken',
  identities_value: 'identity_taken',
  identities_pkey: 'identity_linked',
  devices_hardware_id: 'hardware_id_taken',
  webhooks_name: 'webhook_taken',
  webhooks_endpoint: 'webhook_taken',
  linked_services_product: 'linked_service_taken',
  identity_providers_audience: 'identity_provider_taken',
  wallet_devices_key: 'verifying_key_taken',
};

/** The connection was never made, so that nothing was sent. */
const NOT_CONNECTED = new Set([
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECTION_ENDED',
]);

interface ServerError {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly table_name?: string;
  readonly constraint_name?: string;
}

function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && error.name === 'PostgresError' && 'severity' in error;
}

/** `unavailable` with the cause for the log; callers may try again. */
export function unavailable(cause: unknown): ThenarError {
  return new ThenarError('unavailable', 'The database cannot take this right now.', {
    cause,
    retryAfterMs: 1_000,
  });
}

/** Codes: PostgreSQL manual, appendix A. */
function readServerError(error: ServerError): Failure {
  const { code } = error;
  if (code === 'TH001') return { kind: 'refused', guard: Number(error.message) };
  if (code === '23505') {
    const named = INDEX_CODES[error.constraint_name ?? ''] ?? 'conflict';
    return { kind: 'conflict', table: error.table_name ?? '', code: named };
  }
  // A month's partition was made while a record was on its way to the default one: it finds its place next time.
  if (code === '23514' && error.table_name === 'audit_default') return { kind: 'again', cause: error };
  if (code === '40001' || code === '40P01') return { kind: 'again', cause: error };
  // Said while connecting: starting or stopping, or no connection left.
  if (code === '57P03' || code === '53300') return { kind: 'away', cause: error };
  // The session ended under the statement, possibly just after its commit.
  if (error.severity === 'FATAL' || error.severity === 'PANIC') {
    return { kind: code.startsWith('28') || code === '3D000' ? 'away' : 'unknown', cause: error };
  }
  if (code.startsWith('22')) {
    // Text with a zero byte, half a surrogate pair, a number out of range: something no column can hold.
    const invalid = new ThenarError('validation_failed', 'A value cannot be stored.', { cause: error });
    return { kind: 'failed', error: invalid };
  }
  if (/^(57|53|58|25|08)/.test(code)) return { kind: 'failed', error: unavailable(error) };
  const internal = new ThenarError('internal', 'The engine failed to handle this request.', { cause: error });
  return { kind: 'failed', error: internal };
}

/** Reads any error that running a statement rejected with. */
export function readFailure(error: unknown): Failure {
  if (error instanceof ThenarError) return { kind: 'failed', error };
  if (isServerError(error)) return readServerError(error);
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== 'string') {
    const internal = new ThenarError('internal', 'The engine failed to handle this request.', {
      cause: error,
    });
    return { kind: 'failed', error: internal };
  }
  return { kind: NOT_CONNECTED.has(code) ? 'away' : 'unknown', cause: error };
}
