import { isThenarError } from '../errors.ts';
import type { Clock, WorkerCheck } from '../ports.ts';
import type { Lane } from './lane.ts';

/** The vendor's own check in one worker. Never rejects. */
export async function checkWorker(
  clock: Clock,
  lane: Lane,
  worker: number,
  deadline: number,
): Promise<WorkerCheck> {
  const startedAt = clock.monotonic();
  const answer = (found: WorkerCheck['found'], problem: string | null): WorkerCheck => ({
    worker,
    latencyMs: Math.round(clock.monotonic() - startedAt),
    found,
    problem,
  });
  try {
    const outcome = await lane.run({ type: 'check', tenantId: 'check' }, deadline, 'internal');
    if (outcome.status !== 'done') return answer(null, outcome.status === 'failed' ? outcome.code : 'absent');
    return outcome.value.ok ? answer(outcome.value.value, null) : answer(null, outcome.value.code);
  } catch (error) {
    return answer(null, isThenarError(error) ? error.code : 'internal');
  }
}
