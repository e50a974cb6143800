/** The key of each tenant; that of `PLATFORM_TENANT` is for what belongs to none. */
export interface TenantKeys {
  /** 32 bytes; made when it is not there yet. What is sealed under it is written only after {@link settled}. */
  tenant(tenantId: string): Uint8Array;
  /** Null when there is none: never made, or destroyed. */
  known(tenantId: string): Uint8Array | null;
  /** Null when every key that was handed out is on disk; else resolves once they are, and rejects if they cannot be. */
  settled(): Promise<void> | null;
}
