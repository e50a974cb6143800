/** Users of a tenant. */
import type { ErasureRecord, JsonObject, PalmRecord, UserRecord } from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';
import type { UserReference } from './common.ts';

export interface UserView extends UserRecord {
  readonly palms: readonly PalmRecord[];
}

export interface CreateUser {
  readonly externalUserId?: string;
  readonly email?: string;
  readonly mobile?: string;
  readonly name?: string;
  readonly metadata?: JsonObject;
}

export interface UsersApi {
  /** `created` is false when the external_user_id exists already: the same user is returned. */
  create(call: TenantCall, input: CreateUser): Promise<{ user: UserView; created: boolean }>;
  get(call: TenantCall, user: UserReference): Promise<UserView>;
  /** Erases palms, keys and personal fields. */
  remove(call: TenantCall, user: UserReference): Promise<ErasureRecord>;
  erasure(call: TenantCall, erasureId: string): Promise<ErasureRecord>;
}
