import type { ErrorCode } from '../../engine/errors.ts';
import type { Facade } from '../http/facade.ts';

/** A refusal, as the engine said it. Branch on `code`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Open to codes of an engine that is newer than this client. */
  readonly code: ErrorCode | (string & {});
  /** What to quote to an operator. */
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** How long to wait before trying again; null when that would not help. */
  readonly retryAfterS: number | null;

  /** @param catalogue the family's numbers, where it answers numbers */
  constructor(response: Response, body: unknown, catalogue?: Facade['catalogue']) {
    const { error, message } = (body ?? {}) as {
      readonly error?: { readonly code?: unknown; readonly message?: string; readonly details?: object };
      readonly message?: string;
    };
    super(error?.message ?? message ?? `status ${response.status}`);
    this.status = response.status;
    this.code = codeOf(error?.code, catalogue);
    this.requestId = response.headers.get('x-request-id');
    this.details = { ...error?.details };
    const retryAfter = response.headers.get('retry-after');
    this.retryAfterS = retryAfter === null ? null : Number(retryAfter);
  }
}

function codeOf(said: unknown, catalogue: Facade['catalogue']): string {
  const [named] = Object.entries(catalogue ?? {}).find(([, { number }]) => number === said) ?? [];
  return named ?? String(said ?? 'unknown');
}
