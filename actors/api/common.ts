/** What several parts of the engine's door share. */
/** Names a user by either identifier. Exactly one is set. */
export type UserReference = { readonly userId: string } | { readonly externalUserId: string };
/** Names a device by either identifier. Exactly one is set. */
export type DeviceReference = { readonly deviceId: string } | { readonly hardwareId: string };

export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}
export interface PageQuery {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
}
/** In which order; a part's own default when nothing is said. */
export interface Sorting<Field extends string> {
  readonly sort?: Field;
  readonly order?: 'asc' | 'desc';
}
