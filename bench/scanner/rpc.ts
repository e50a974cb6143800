import type { Clock } from '../../engine/ports.ts';
import { ScannerError } from './pair.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly cancelTimeout: () => void;
}

/** A call of the engine to the scanner. */
export interface Notice {
  readonly id: unknown;
  readonly method: string;
  readonly seq: number;
  readonly params: Readonly<Record<string, unknown>>;
}

export function readNotice(message: Readonly<Record<string, unknown>>): Notice | null {
  const { id, method, params } = message;
  if (typeof method !== 'string') return null;
  const known = (params ?? {}) as Readonly<Record<string, unknown>>;
  return { id, method, seq: Number(known.seq), params: known };
}

/** Calls that wait for their answer, by JSON-RPC id. */
export class Calls {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** @param at called with the result before anything that came after it is read */
  start(send: (id: number) => void, at?: (result: unknown) => void): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#clock.after(this.#timeoutMs, () => {
        this.#waiting.delete(id);
        reject(new ScannerError('timeout', 'The engine did not answer in time.'));
      });
      this.#waiting.set(id, {
        resolve(result) {
          at?.(result);
          resolve(result);
        },
        reject,
        cancelTimeout,
      });
      send(id);
    });
  }

  answer(message: Readonly<Record<string, unknown>>): void {
    const id = message.id;
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (waiting === undefined) return;
    this.#waiting.delete(id as number);
    waiting.cancelTimeout();
    const error = message.error as RpcFailure | undefined;
    if (error === undefined) waiting.resolve(message.result);
    else waiting.reject(new ScannerError(error.data?.code ?? 'internal', error.message, error.data?.details));
  }

  failAll(error: Error): void {
    for (const { reject, cancelTimeout } of this.#waiting.values()) {
      cancelTimeout();
      reject(error);
    }
    this.#waiting.clear();
  }
}

interface RpcFailure {
  readonly message: string;
  readonly data?: { readonly code?: string; readonly details?: unknown };
}
