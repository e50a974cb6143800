/**
 * A worker entry around the real one that dies, hangs or throws when a task or a file says so: tests point the pool
 * here, so that the entry which ships has no such door.
 */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import type { Task } from '../../engine/pool/tasks.ts';
import handle from '../../engine/pool/worker.ts';

/** What a file of this name beside the shard files makes the worker do, with those of the tenant it names. */
export type Oddity = 'dies-loading' | 'dies-saving' | 'disk-full';

let folder: string | null = null;
function told(oddity: Oddity, tenantId?: string): boolean {
  if (folder === null || !fs.existsSync(join(folder, oddity))) return false;
  return tenantId === undefined || fs.readFileSync(join(folder, oddity), 'utf8') === tenantId;
}

// A disk takes a part before it is full.
const write = fs.writeSync;
fs.writeSync = ((file: number, bytes: Buffer, from: number) => {
  if (!told('disk-full')) return write(file, bytes, from);
  if (bytes.length - from > 64) return write(file, bytes, from, 64);
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}) as typeof fs.writeSync;
syncBuiltinESMExports();

export default function oddly(task: Task): ReturnType<typeof handle> {
  const order = task.type === 'verify' ? task.palmIds[0] : undefined;
  if (task.type === 'load' || task.type === 'save') folder = dirname(task.path);
  if (task.type === 'load' && told('dies-loading', task.tenantId)) return process.exit(3);
  if (task.type === 'save' && told('dies-saving', task.tenantId)) return process.exit(3);
  switch (order) {
    case 'test:exit':
      return process.exit(3);
    case 'test:hang':
      for (;;);
    case 'test:throw':
      throw new Error('thrown on purpose');
    default:
      return handle(task);
  }
}
