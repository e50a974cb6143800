import type { ConsoleRole } from '../../../engine/records.ts';

/** Who may look, who may run the daily work, who may change the set-up. A platform administrator may all. */
export const readers: readonly ConsoleRole[] = ['tenant_admin', 'operator', 'viewer'];
export const operators: readonly ConsoleRole[] = ['tenant_admin', 'operator'];
export const administrators: readonly ConsoleRole[] = ['tenant_admin'];
