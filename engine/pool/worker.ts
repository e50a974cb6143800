import { workerData } from 'node:worker_threads';
import { isThenarError } from '../errors.ts';
import type { Arenas } from '../index/codes.ts';
import { RotationArena } from '../index/rotation.ts';
import { Scratch } from '../index/scratch.ts';
import { Shard } from '../index/shard.ts';
import { VectorArena } from '../index/vectors.ts';
import { limits } from '../limits.ts';
import { CodeArena, forgetCompared } from '../palm/compare.ts';
import { probeOf } from '../palm/template.ts';
import { systemRandom } from '../system.ts';
import { compareFaces, readFace } from './faces.ts';
import { checkVendor, compareBeside, prepareScans, readProbe } from './scans.ts';
import type { Outcome, Task, TaskType, TaskValues, WorkerSettings } from './tasks.ts';
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
  if (task.type === 'open') return open(task.tenantId, task.rotationKey);
  if (task.type === 'check') return { status: 'done', value: checkVendor() };
  const tenant = tenants.get(task.tenantId);
  try {
    if (task.type === 'readFace') return { status: 'done', value: readFace(task.images) };
    if (task.type === 'compareFaces')
      return { status: 'done', value: compareFaces(task.probe, task.templates) };
    if (tenant === undefined) return { status: 'absent' };
    return { status: 'done', value: perform(tenant, task) };
  } catch (error) {
    // A change that stopped half-way leaves a shard nobody can trust: it is loaded anew.
    if (task.type === 'append' || task.type === 'step') closeTenant(task.tenantId);
    if (isThenarError(error)) return { status: 'failed', code: error.code, message: error.message };
    return {
      status: 'failed',
      code: 'internal',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Those that need a tenant's shard. */
type ShardTask = Exclude<Task, { type: 'open' | 'check' | 'readFace' | 'compareFaces' }>;

function perform(tenant: WorkerTenant, task: ShardTask): Value {
  const { shard } = tenant;
  switch (task.type) {
    case 'close':
      closeTenant(task.tenantId);
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
    case 'prepare':
      return prepareScans((vector) => tenant.protect(vector), task.scans);
    case 'verify': {
      const probe = readProbe(task.scan);
      if (!probe.ok) return probe;
      return { ok: true, value: shard.verify(task.scan.palmType, task.palmIds, probe.value) };
    }
    case 'identify': {
      const probe = readProbe(task.scan);
      if (!probe.ok) return probe;
      const vector = tenant.protect(probe.value.vector);
      return { ok: true, value: shard.identify(task.scan.palmType, vector, probe.value) };
    }
    case 'duplicates': {
      const probes = task.templates.map(({ hand, template }) => ({ hand, probe: probeOf(template) }));
      return { candidates: shard.duplicates(probes), beside: compareBeside(probes, task.beside) };
    }
    case 'status':
      return tenant.status();
    case 'recall':
      return shard.recallSample(limits.recall_sample_probes, systemRandom.fraction);
    default:
      return task satisfies never;
  }
}

function open(tenantId: string, rotationKey: Uint8Array): Outcome<TaskValues['open']> {
  closeTenant(tenantId);
  const shard = new Shard({ tenantId, arenas, random: systemRandom, flatMax: settings.flatMax });
  const tenant = new WorkerTenant(shard, rotationKey, scratch);
  tenants.set(tenantId, tenant);
  return { status: 'done', value: { bytes: tenant.bytes } };
}

function closeTenant(tenantId: string): void {
  tenants.get(tenantId)?.close();
  tenants.delete(tenantId);
}
