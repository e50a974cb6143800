/** What is recorded of a tenant that has switched its audit log off. */
import type { AuditEntry } from '../ports.ts';

/** Daily work with users and devices; whatever is not of these kinds is administration. */
const ordinary = /^(user|palm|challenge|device|consent|identity|kyc|signup)_/;

/**
 * Administration, everything done at the console and every warning are recorded whatever the tenant says: switching
 * the log off must not hide who did so, nor what went wrong meanwhile.
 */
export function isAlwaysRecorded({ eventType, severity, actor }: AuditEntry): boolean {
  return (severity ?? 'info') !== 'info' || actor.startsWith('console/') || !ordinary.test(eventType);
}
