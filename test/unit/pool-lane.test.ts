import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { Lane, type LaneOptions, type Priority } from '../../engine/pool/lane.ts';
import type { Outcome, Task, TaskOf, TaskType, TaskValues } from '../../engine/pool/tasks.ts';
import type { WorkerThread } from '../../engine/pool/thread.ts';
import { settled, VirtualClock } from '../support/clock.ts';

type AnyOutcome = Outcome<TaskValues[TaskType]>;

/** A worker that answers when it is told to. */
class FakeThread implements WorkerThread {
  readonly died: () => void;
  stopped = false;
  readonly taken: { readonly task: Task; answer(): void; fail(): void }[] = [];

  constructor(died: () => void) {
    this.died = died;
  }
  run(task: Task): Promise<AnyOutcome> {
    return new Promise((resolve, reject) => {
      this.taken.push({
        task,
        answer: () => resolve({ status: 'done', value: null }),
        fail: () => reject(new Error('thrown in the worker')),
      });
    });
  }
  async stop(): Promise<void> {
    this.stopped = true;
  }
  /** Answers everything, also what comes because of it; returns the tenants in the order they were served. */
  async serve(): Promise<string[]> {
    const order: string[] = [];
    for (let i = 0; i < this.taken.length; i++) {
      order.push(this.taken[i]!.task.tenantId);
      this.taken[i]!.answer();
      await settled();
    }
    return order;
  }
}

const status = (tenantId: string): TaskOf<'status'> => ({ type: 'status', tenantId });

function world(options: Partial<LaneOptions> = {}) {
  const clock = new VirtualClock();
  const threads: FakeThread[] = [];
  let replacements = 0;
  const lane = new Lane({
    clock,
    start: (died) => {
      const thread = new FakeThread(died);
      threads.push(thread);
      return thread;
    },
    replaced: () => {
      replacements += 1;
    },
    ...options,
  });
  const ask = (tenantId: string, ms = 1000, priority: Priority = 'request'): Promise<unknown> => {
    const outcome = lane.run(status(tenantId), clock.monotonic() + ms, priority);
    return outcome.then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
  };
  return { clock, lane, threads, ask, replacements: () => replacements };
}

t.test('tenants take turns, and each keeps its order', async (test) => {
  const { threads, ask } = world();
  for (const tenant of 'aaaaaabbc') void ask(tenant);
  // The first two were under way before the others came.
  test.equal((await threads[0]!.serve()).join(''), 'aaabcabaa');
});

t.test('a full queue refuses requests, not the tasks that serve them', async (test) => {
  const { threads, ask, lane } = world({ queueMax: 3 });
  const asked = Array.from({ length: limits.worker_in_flight + 3 }, () => ask('a'));
  test.equal(await ask('b'), 'engine_busy');
  const internal = ask('b', 1000, 'internal');
  test.equal(lane.stats.queued, 4);
  await threads[0]!.serve();
  test.same(await Promise.all([...asked, internal]), Array(limits.worker_in_flight + 4).fill('done'));
  test.equal(lane.stats.queued, 0);
});

t.test('one tenant that floods its worker leaves room for the others', async (test) => {
  const { threads, ask } = world();
  const asked = Array.from({ length: limits.worker_in_flight + limits.worker_tenant_queue_max }, () =>
    ask('a'),
  );
  test.equal(await ask('a'), 'engine_busy');
  const other = ask('b');
  await threads[0]!.serve();
  test.same(await Promise.all([...asked, other]), Array(asked.length + 1).fill('done'));
});

t.test(
  'a queued task ends at its deadline and is never sent; one under way only loses its caller',
  async (test) => {
    const { clock, threads, ask } = world();
    const under = ask('a', 100);
    void ask('a', 5000);
    const queued = ask('a', 50);
    await clock.advance(60);
    test.equal(await queued, 'deadline_exceeded');
    await clock.advance(60);
    test.equal(await under, 'deadline_exceeded');
    test.same(await threads[0]!.serve(), ['a', 'a']);
    test.equal(await ask('a', 0), 'deadline_exceeded');
    test.equal(threads.length, 1, 'a late answer is no reason to replace the worker');
  },
);

t.test('a worker that stays silent past its deadline is replaced', async (test) => {
  const { clock, threads, ask, lane, replacements } = world({ hangMs: 500 });
  const hung = ask('a', 100);
  const behind = ask('b', 10_000);
  const waiting = ask('c', 10_000);
  await clock.advance(101);
  test.equal(await hung, 'deadline_exceeded');
  await clock.advance(500);
  test.equal(await behind, 'unavailable', 'what the worker had is lost with it');
  test.ok(threads[0]!.stopped);
  test.equal(replacements(), 1);
  await clock.advance(limits.worker_restart_backoff_ms);
  await threads[1]!.serve();
  test.equal(await waiting, 'done', 'what waited goes to the new worker');
  test.equal(lane.stats.restarts, 1);
});

t.test('a worker that keeps dying is started ever later, one that lived long at once', async (test) => {
  const { clock, threads } = world();
  threads[0]!.died();
  await clock.advance(0);
  test.equal(threads.length, 2);
  threads[1]!.died();
  await clock.advance(limits.worker_restart_backoff_ms - 1);
  test.equal(threads.length, 2);
  await clock.advance(1);
  test.equal(threads.length, 3);
  threads[0]!.died();
  test.equal(threads.length, 3, 'news of a thread long gone changes nothing');
  await clock.advance(limits.worker_healthy_ms);
  threads[2]!.died();
  await clock.advance(0);
  test.equal(threads.length, 4);
});

t.test('background slices wait for idle times, but not for ever', async (test) => {
  const { threads, ask } = world();
  for (let i = 0; i < limits.worker_background_share * 2; i++) void ask('a');
  void ask('background', 1000, 'background');
  const order = await threads[0]!.serve();
  const at = order.indexOf('background');
  test.ok(at >= limits.worker_background_share && at < order.length - 1, `served as number ${at}`);
  void ask('background', 1000, 'background');
  test.equal(threads[0]!.taken.length, order.length + 1, 'at once when idle');
});

t.test('a handler that throws fails its own task alone; closing fails what is left', async (test) => {
  const { threads, ask, lane } = world();
  const thrown = ask('a');
  threads[0]!.taken[0]!.fail();
  test.equal(await thrown, 'unavailable');
  test.equal(threads.length, 1);
  const left = [ask('a'), ask('a'), ask('a'), ask('a', 1000, 'background')];
  const closing = lane.close();
  test.same(await Promise.all(left), Array(4).fill('unavailable'));
  test.equal(await ask('a'), 'unavailable');
  test.notOk(threads[0]!.stopped, 'a worker is not ended at work');
  for (const task of threads[0]!.taken.slice(1)) task.answer();
  await closing;
  test.ok(threads[0]!.stopped);
});

t.test('closing does not wait for ever for a worker that hangs', async (test) => {
  const { clock, threads, ask, lane } = world();
  const left = ask('a');
  const closing = lane.close();
  test.equal(await left, 'unavailable');
  await clock.advance(limits.worker_finish_ms);
  await closing;
  test.ok(threads[0]!.stopped);
});
