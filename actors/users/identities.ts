/** Identities: those of the user's own row, and the sealed ones beside it. */
import {
  identityTypes,
  isRowIdentity,
  type RowIdentity,
  rowFields,
} from '../../engine/identity/identities.ts';
import type { IdentityRecord, IdentityType, UserRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';

export interface Identity {
  readonly type: IdentityType;
  /** In full. */
  readonly value: string;
  /** Null for those of the user's row, which came with it. */
  readonly linkedAt: number | null;
}

function place({ tenantId, userId, type }: Pick<IdentityRecord, 'tenantId' | 'userId' | 'type'>): string {
  return `identities|${tenantId}|${userId}|${type}`;
}

/** The hash of a value is bound to its tenant and type: it tells nothing about other tenants' people. */
export function identityHash(context: Context, tenantId: string, type: IdentityType, value: string) {
  return context.sealer.of(tenantId).mark(Buffer.from(value), `identities|${tenantId}|${type}`);
}

export function sealedIdentity(
  context: Context,
  user: UserRecord,
  type: IdentityType,
  value: string,
  linkedAt: number,
): IdentityRecord {
  const { tenantId, userId } = user;
  return {
    tenantId,
    userId,
    type,
    valueHash: identityHash(context, tenantId, type, value),
    sealed: context.sealer.of(tenantId).seal(Buffer.from(value), place({ tenantId, userId, type })),
    linkedAt,
  };
}

function openIdentity(context: Context, record: IdentityRecord): string {
  return Buffer.from(context.sealer.of(record.tenantId).open(record.sealed, place(record))).toString();
}

function identityOfRow(user: UserRecord, type: RowIdentity): Identity | null {
  const value = user[rowFields[type]];
  return value === null ? null : { type, value, linkedAt: null };
}

/** One identity of the user, wherever it is kept; null when there is none of that type. */
export async function findIdentity(
  context: Context,
  user: UserRecord,
  type: IdentityType,
): Promise<Identity | null> {
  if (isRowIdentity(type)) return identityOfRow(user, type);
  const { tenantId, userId } = user;
  const record = await context.store.get('identities', { tenantId, userId, type });
  if (record === null) return null;
  return { type, value: openIdentity(context, record), linkedAt: record.linkedAt };
}

/** All of them, with their values in full. */
export async function identitiesOf(context: Context, user: UserRecord): Promise<readonly Identity[]> {
  const found = await Promise.all(identityTypes.map((type) => findIdentity(context, user, type)));
  return found.filter((identity): identity is Identity => identity !== null);
}
