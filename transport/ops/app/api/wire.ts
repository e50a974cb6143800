/** What the ops listener answers, as far as this page reads it. A test holds it against the route tables. */

export interface Actor {
  /** `kind/key`. */
  readonly address: string;
  readonly kind: string;
  readonly key: string;
  readonly state: string;
  readonly mailbox_depth: number;
  readonly oldest_age_ms: number;
  readonly handled: number;
  readonly failed: number;
  readonly restarts: number;
  readonly last_message: string | null;
  readonly last_active_at: string;
  readonly snapshot_version: number | null;
  readonly snapshot_lag: number | null;
}

export interface Transition {
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly message: string;
}

export interface ActorDetail extends Actor {
  readonly phase: string;
  readonly effects: number;
  readonly waiting: number;
  readonly mailbox: readonly { readonly message: string; readonly age_ms: number }[];
  readonly description: unknown;
  readonly transitions: readonly Transition[];
}

export interface Shard {
  readonly tenant_id: string;
  readonly tenant_name: string | null;
  readonly worker: number;
  readonly templates: number;
  readonly palms: number;
  readonly bytes: number;
  readonly mode: string;
  readonly position: number;
  readonly replay_lag: number;
  readonly file_position: number | null;
  readonly file_age_ms: number | null;
  readonly recall_sample: number | null;
}

export interface Connection {
  readonly tenant_id: string;
  readonly tenant_name: string | null;
  readonly device_id: string;
  readonly since: string;
}

export interface DeadLetter {
  readonly at: string;
  readonly kind: string;
  readonly key: string;
  readonly message: string;
  readonly reason: string;
}

export interface Shards {
  readonly total: number;
  readonly shards: readonly Shard[];
}

export interface Connections {
  readonly total: number;
  readonly connections: readonly Connection[];
}

export interface DeadLetters {
  readonly total: number;
  readonly recent: readonly DeadLetter[];
}

/** Of the stream's `actors` events. */
export interface Changes {
  readonly actors: readonly Actor[];
  readonly gone: readonly string[];
}

/** Of the stream's `picture` events: what came since the last one belongs together. */
export interface Picture {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly listed: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly dead_letters: number;
  /** Names by identifier, those that were not told before. */
  readonly tenants: Readonly<Record<string, string>>;
}
