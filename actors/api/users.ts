/** Users of a tenant. */
import type { Eventually } from '../../engine/eventually.ts';
import type {
  ConsentStatus,
  ErasureRecord,
  JsonObject,
  KycStatus,
  PalmRecord,
  PalmRestriction,
  UserRecord,
  UserStatus,
} from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';
import type { Page, PageQuery, UserReference } from './common.ts';

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

/** Null takes a value away. */
export interface UpdateUser {
  readonly externalUserId?: string | null;
  readonly email?: string | null;
  readonly mobile?: string | null;
  readonly name?: string | null;
  readonly metadata?: JsonObject | null;
}

export interface UserQuery extends PageQuery {
  /** Anywhere in name, e-mail, mobile or external identifier, whatever the case. */
  readonly search?: string;
  /** Without it all but the deleted. */
  readonly status?: UserStatus;
  readonly kycStatus?: KycStatus;
  readonly consentStatus?: ConsentStatus;
  readonly palmEnrolled?: boolean;
  readonly sort?: 'createdAt' | 'name' | 'externalUserId' | 'status';
  readonly order?: 'asc' | 'desc';
}

/** Everything held about a user. Secrets, templates and hashes are not in it. */
export interface UserExport {
  readonly exportedAt: number;
  readonly user: UserView;
  /** By name; rows as they are, with camel-case fields and epoch milliseconds. */
  readonly sections: Readonly<Record<string, readonly object[]>>;
  /** Sections with more rows than an export holds. */
  readonly incomplete: readonly string[];
}

export interface UsersApi {
  /** `created` is false when the external_user_id exists already: the same user is returned. */
  create(call: TenantCall, input: CreateUser): Promise<{ user: UserView; created: boolean }>;
  /** At once when it was asked for a moment ago; the same object until the user changes. */
  get(call: TenantCall, user: UserReference): Eventually<UserView>;
  list(call: TenantCall, query: UserQuery): Promise<Page<UserView>>;
  /** @throws external_user_id_taken, identity_taken */
  update(call: TenantCall, userId: string, input: UpdateUser): Promise<UserView>;
  /** A user who has that status already is returned as is. Open challenges of a suspended user are cancelled. */
  setStatus(
    call: TenantCall,
    userId: string,
    status: 'active' | 'suspended',
    reason: string | null,
  ): Promise<UserView>;
  /** Which hands may be captured and matched. Open challenges for other hands are cancelled. */
  restrict(call: TenantCall, userId: string, restriction: PalmRestriction): Promise<UserView>;
  export(call: TenantCall, userId: string): Promise<UserExport>;
  /** Erases palms, keys and personal fields. */
  remove(call: TenantCall, user: UserReference): Promise<ErasureRecord>;
  erasure(call: TenantCall, erasureId: string): Promise<ErasureRecord>;
}
