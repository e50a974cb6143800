/** Every actor type in the worlds of `harness.ts`, with what must hold for it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath } from '../../engine/asset.ts';
import { type Model, run } from './harness.ts';
import { challengeModel } from './models/challenge.ts';
import { courierModel } from './models/courier.ts';
import { deviceModel } from './models/device.ts';
import { deviceChallengeModel } from './models/device-challenge.ts';
import { enrolmentModel } from './models/enrolment.ts';
import { linkedServiceModel } from './models/linked-service.ts';
import { migrationModel } from './models/migration.ts';
import { tenantModel } from './models/tenant.ts';
import { webhookModel } from './models/webhook.ts';
import { simulate } from './world.ts';

const models: readonly Model[] = [
  tenantModel,
  deviceModel,
  challengeModel,
  webhookModel,
  linkedServiceModel,
  courierModel,
  enrolmentModel,
  migrationModel,
  deviceChallengeModel,
];

/** THENAR_SIMULATION_KINDS=device,webhook runs those alone. */
const { THENAR_SIMULATION_KINDS: wanted } = process.env;
const chosen = models.filter(({ kind }) => wanted === undefined || wanted.split(',').includes(kind));

interface Outcome {
  readonly model: Model;
  readonly seeds: number;
  readonly error: unknown;
  readonly seen: ReadonlyMap<string, number>;
  readonly seconds: number;
}

// Before tap is there: its hook on every promise would triple the time of a simulation made of promises.
Error.stackTraceLimit = 0;
const outcomes: Outcome[] = [];
for (const model of chosen) {
  const seen = new Map<string, number>();
  const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  const startedAt = Date.now();
  let seeds = 0;
  let error: unknown = null;
  try {
    seeds = await simulate(model.seeds, (seed) => run(model, seed, note));
  } catch (failure) {
    error = failure;
  }
  outcomes.push({ model, seeds, error, seen, seconds: (Date.now() - startedAt) / 1000 });
}
Error.stackTraceLimit = 10;
const { default: t } = await import('tap');

for (const { model, seeds, error, seen, seconds } of outcomes) {
  t.test(`${model.kind} actors keep what they promise, whatever fails`, async (t) => {
    if (error !== null) throw error;
    t.comment(`${seeds} seeds in ${seconds} s: ${JSON.stringify(Object.fromEntries([...seen].sort()))}`);
    t.ok(seeds > 0, `${seeds} seeds`);
    if (seeds < model.seeds) return;
    for (const what of model.expected) t.ok((seen.get(what) ?? 0) > 0, `${what}: ${seen.get(what) ?? 0}`);
  });
}

t.test('every actor type is simulated', async (t) => {
  const folder = assetPath('actors');
  const kinds = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readFileSync(join(folder, name), 'utf8').matchAll(/: ActorKind<\w+> = \{ name: '([^']+)' \}/g),
    ])
    .map(([, kind]) => kind);
  const engine = readFileSync(join(folder, 'engine.ts'), 'utf8');
  const registered = [...engine.matchAll(/directory\.register\(/g)].length;
  t.equal(kinds.length, registered, 'every registered behaviour has a kind that is found here');
  t.same(models.map(({ kind }) => kind).sort(), kinds.sort());
});
