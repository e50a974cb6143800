/** What the engine refuses, and what kept us from asking. */

export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export class Refusal extends Error {
  /** A code of the engine's, or `unreachable`: there was no answer. Branch on it, never on the message. */
  readonly code: string;
  /** 0 without an answer. */
  readonly status: number;
  readonly fields: readonly FieldProblem[];
  readonly requestId: string | null;
  /** Whatever the engine says besides; what it is depends on the code. */
  readonly details: object;

  constructor(
    code: string,
    message: string,
    more: {
      readonly status?: number;
      readonly fields?: readonly FieldProblem[];
      readonly requestId?: string | null;
      readonly details?: object;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.status = more.status ?? 0;
    this.fields = more.fields ?? [];
    this.requestId = more.requestId ?? null;
    this.details = more.details ?? {};
  }
}

interface ErrorBody {
  readonly message?: string;
  readonly error?: {
    readonly code?: string;
    readonly message?: string;
    readonly details?: { readonly fields?: readonly FieldProblem[] };
  };
}

export async function refusalOf(response: Response): Promise<Refusal> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  const message = body.error?.message ?? body.message ?? `${response.status} ${response.statusText}`;
  return new Refusal(body.error?.code ?? 'internal', message, {
    status: response.status,
    fields: body.error?.details?.fields ?? [],
    requestId: response.headers.get('x-request-id'),
    details: body.error?.details ?? {},
  });
}

export function unreachable(): Refusal {
  return new Refusal('unreachable', 'unreachable');
}

export function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal('internal', String(error));
}
