import { workerData } from 'node:worker_threads';
import { isThenarError } from '../errors.ts';
import type { Arenas } from '../index/codes.ts';
import { Laps } from '../index/laps.ts';
import { RotationArena } from '../index/rotation.ts';
import { Scratch } from '../index/scratch.ts';
import { Shard } from '../index/shard.ts';
import { VectorArena } from '../index/vectors.ts';
import { limits } from '../limits.ts';
import type { MatchOperation } from '../meter.ts';
import { CodeArena, forgetCompared } from '../palm/compare.ts';
import { probeOf } from '../palm/template.ts';
import { systemClock, systemRandom } from '../system.ts';
import { compareFaces, readFace } from './faces.ts';
import { checkVendor, compareBeside, prepareScans, readProbe } from './scans.ts';
import type { Addressed, Outcome, Task, TaskOf, TaskType, TaskValues, WorkerSettings } from './tasks.ts';
import { WorkerTenant } from './tenant.ts';

/** Piscina hands its `workerData` over with fields of its own around ours. */
const settings = readSettings(workerData);
const scratch = new Scratch(settings.scratchOwner);
const arenas: Arenas = {
  vectors: new VectorArena(),
  codes: new CodeArena(),
  rotations: new RotationArena(),
};
const tenants = new Map<string, WorkerTenant>();
/** One task at a time, so one stopwatch. */
const laps = new Laps(systemClock);

function nameOf({ tenantId, copy = 0 }: Addressed): string {
  return `${tenantId}/${copy}`;
}

function readSettings(data: unknown): WorkerSettings {
  const found = (Array.isArray(data) ? data.at(-1) : data) as WorkerSettings | undefined;
  return found ?? { scratchOwner: 'worker', flatMax: limits.flat_max };
}

type Value = TaskValues[TaskType];

/** The entry of a worker: one task in, one outcome out; it never throws. */
export default function handle(task: Task): Outcome<Value> {
  try {
    return answer(task);
  } finally {
    // What a task compared is somebody's palm, which may be erased before the next task takes its place.
    arenas.codes.forgetProbe();
    forgetCompared();
  }
}

function answer(task: Task): Outcome<Value> {
  if (task.type === 'open') return open(task);
  if (task.type === 'check') return { status: 'done', value: checkVendor() };
  const tenant = tenants.get(nameOf(task));
  try {
    if (task.type === 'readFace') return { status: 'done', value: readFace(task.images) };
    if (task.type === 'compareFaces')
      return { status: 'done', value: compareFaces(task.probe, task.templates) };
    if (tenant === undefined) return { status: 'absent' };
    return matches(task)
      ? { status: 'done', value: match(tenant, task), spent: laps.spent }
      : { status: 'done', value: perform(tenant, task) };
  } catch (error) {
    // A change that stopped half-way leaves a shard nobody can trust: it is loaded anew.
    if (task.type === 'append' || task.type === 'step') closeTenant(task);
    if (isThenarError(error)) return { status: 'failed', code: error.code, message: error.message };
    return {
      status: 'failed',
      code: 'internal',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Those that read a palm, search or compare: what callers wait for. */
type MatchTask = Extract<Task, { type: MatchOperation }>;
const matchTypes: ReadonlySet<string> = new Set<MatchOperation>([
  'verify',
  'identify',
  'duplicates',
  'prepare',
]);
/** The others that need a tenant's shard. */
type ShardTask = Exclude<Task, MatchTask | { type: 'open' | 'check' | 'readFace' | 'compareFaces' }>;

function matches(task: Task): task is MatchTask {
  return matchTypes.has(task.type);
}

function match(tenant: WorkerTenant, task: MatchTask): Value {
  const { shard } = tenant;
  const protect = (vector: Float32Array): Float32Array => tenant.protect(vector);
  laps.start();
  switch (task.type) {
    case 'prepare': {
      const prepared = prepareScans(protect, tenant.protection, task.scans);
      laps.read();
      return prepared;
    }
    case 'verify': {
      const probe = readProbe(task.scan);
      laps.read();
      if (!probe.ok) return probe;
      return { ok: true, value: shard.verify(task.scan.palmType, task.palmIds, probe.value) };
    }
    case 'identify': {
      const probe = readProbe(task.scan);
      laps.read();
      if (!probe.ok) return probe;
      const vector = protect(probe.value.vector);
      return { ok: true, value: shard.identify(task.scan.palmType, vector, probe.value) };
    }
    case 'duplicates': {
      const probes = task.templates.map(({ hand, template }) => ({ hand, probe: probeOf(template) }));
      laps.read();
      const candidates = shard.duplicates(probes);
      const beside = compareBeside(probes, task.beside);
      laps.compare(task.beside.length);
      return { candidates, beside };
    }
    default:
      return task satisfies never;
  }
}

function perform(tenant: WorkerTenant, task: ShardTask): Value {
  const { shard } = tenant;
  switch (task.type) {
    case 'close':
      closeTenant(task);
      return null;
    case 'load':
    case 'save':
      tenant.begin(task);
      return null;
    case 'step':
      return tenant.step(task.job);
    case 'append':
      shard.apply(task.entries);
      return { position: shard.position, needsBuild: shard.mode === 'building', bytes: tenant.bytes };
    case 'status':
      return tenant.status();
    case 'recall':
      return shard.recallSample(limits.recall_sample_probes, systemRandom.fraction);
    default:
      return task satisfies never;
  }
}

function open(task: TaskOf<'open'>): Outcome<TaskValues['open']> {
  closeTenant(task);
  const { tenantId, rotationKey } = task;
  const shard = new Shard({ tenantId, arenas, random: systemRandom, flatMax: settings.flatMax, laps });
  const tenant = new WorkerTenant(shard, rotationKey, scratch);
  tenants.set(nameOf(task), tenant);
  return { status: 'done', value: { bytes: tenant.bytes } };
}

function closeTenant(task: Addressed): void {
  tenants.get(nameOf(task))?.close();
  tenants.delete(nameOf(task));
}
