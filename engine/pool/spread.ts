/** How work reaches workers. */
import type { Scan } from '../palm/types.ts';

/** A message copies the whole buffer behind a view, so a scan inside a large frame is cut out first. */
export function compact(scan: Scan): Scan {
  if (scan.format === 'result' || scan.data.byteLength === scan.data.buffer.byteLength) return scan;
  return { ...scan, data: Uint8Array.from(scan.data) };
}

/** Which of so many workers has a tenant: by FNV-1a of its identifier. */
export function shareOf(tenantId: string, workers: number): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < tenantId.length; i++) value = Math.imul(value ^ tenantId.charCodeAt(i), 0x01000193);
  return (value >>> 0) % workers;
}
