/**
 * A worker entry around the real one that dies, hangs or throws when a task says so: tests point the pool here, so
 * that the entry which ships has no such door.
 */

import type { Task } from '../../engine/pool/tasks.ts';
import handle from '../../engine/pool/worker.ts';

export default function oddly(task: Task): ReturnType<typeof handle> {
  const order = task.type === 'verify' ? task.palmIds[0] : undefined;
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
