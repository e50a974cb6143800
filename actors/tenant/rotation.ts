/** Where a tenant's rotation key is sealed to. */
export function rotationPlace(tenantId: string): string {
  return `tenant|${tenantId}|rotation`;
}
