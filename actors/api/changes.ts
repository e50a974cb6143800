/** Changes of a tenant as they happen, for pages that show it. */
import type { ConsoleCaller, TenantCall } from '../calls.ts';

export type ChangeKind =
  | 'user'
  | 'erasure'
  | 'device'
  | 'challenge'
  | 'transaction'
  | 'webhook'
  | 'delivery'
  | 'service'
  | 'client'
  | 'person'
  | 'tenant'
  | 'model'
  | 'tls'
  | 'audit'
  | 'session';

export interface Change {
  readonly kind: ChangeKind;
  /** Null: some or many of that kind. */
  readonly id: string | null;
  /** The status it has now, `online` or `offline` of a device; null where it has none or kept it. */
  readonly state: string | null;
}

export interface Watcher {
  changed(changes: readonly Change[]): void;
  /** Nothing happened for a while. */
  quiet(): void;
  /** The session that watched has ended; nothing more is told. */
  over(): void;
}

export interface ChangesApi {
  /**
   * What happens to the tenant from now on, gathered over `limits.console_stream_gather_ms`. A platform
   * administrator also hears of what is the whole deployment's.
   * @returns begins to tell a watcher, and returns how to stop
   * @throws ThenarError engine_busy when session, tenant or engine has as many watchers as it may
   */
  watch(call: TenantCall, caller: ConsoleCaller): (watcher: Watcher) => () => void;
}
