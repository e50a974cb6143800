import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { parsedUrl } from '../../engine/outbound/url.ts';
import { palmModels } from '../../engine/palm/models.ts';
import { PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { JsonObject, PalmThresholdsRecord, VerificationServerSetting } from '../../engine/records.ts';
import type {
  EngineApi,
  ServerHealth,
  SetThresholds,
  SetVerificationServer,
  ThresholdsView,
  VerificationServerView,
} from '../api.ts';
import type { Call } from '../calls.ts';
import type { Context } from '../context.ts';
import { checkServer, lastHealth, serverOf, unknownServer } from '../palms/health.ts';
import { modelStands, thresholdHistory, thresholdSet } from '../palms/thresholds.ts';
import { sealApiKey, VERIFICATION_SERVER } from '../palms/verification-server.ts';
import { migrationCommands, modelView } from './palm-migration.ts';

/** Platform administration of palm recognition. */
export function palmAdminCommands(context: Context): EngineApi['palmAdmin'] {
  return {
    thresholds: () => thresholdsView(context),
    setThresholds: (call, input) => setThresholds(context, call, input),
    health: () => lastHealth(context),
    model: () => modelView(context),
    async verificationServer() {
      const { verificationServer } = context.deployment;
      return serverView(
        verificationServer,
        verificationServer === null ? unknownServer : serverOf(await lastHealth(context)),
      );
    },
    setVerificationServer: (call, input) => setVerificationServer(context, call, input),
    ...migrationCommands(context),
  };
}

async function thresholdsView({ store, deployment }: Context): Promise<ThresholdsView> {
  const history = await thresholdHistory(store, deployment.palmModel, limits.thresholds_shown_max);
  const [active] = history;
  if (active === undefined) throw new ThenarError('internal', 'The active palm model has no thresholds.');
  return { active, history };
}

/** Versions are only added: going back to an earlier one is a new version with its values. */
async function setThresholds(context: Context, call: Call, input: SetThresholds): Promise<ThresholdsView> {
  const { clock, deployment, store } = context;
  const model = deployment.palmModel;
  const [before] = await thresholdHistory(store, model, 1);
  if (before === undefined) throw new ThenarError('internal', 'The active palm model has no thresholds.');
  const values = await thresholdValues(context, before, input);
  const next: PalmThresholdsRecord = {
    ...values,
    model,
    version: before.version + 1,
    createdAt: clock.now(),
    createdBy: call.actor,
  };
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [
      modelStands(model),
      // Two administrators at once: the number is taken by whoever comes first.
      { insert: 'palmThresholds', row: next, conflict: 'version_conflict' },
    ],
    audit: [
      {
        eventType: 'palm_thresholds_updated',
        severity: 'warning',
        actor: call.actor,
        details: { model, old: shown(before), new: shown(next) },
      },
    ],
  });
  // Commits end in any order; the highest version is in force.
  if (deployment.palmModel === model && deployment.thresholds.version < next.version) {
    deployment.thresholds = thresholdSet(next);
  }
  return thresholdsView(context);
}

async function thresholdValues(
  { store }: Context,
  before: PalmThresholdsRecord,
  input: SetThresholds,
): Promise<Pick<PalmThresholdsRecord, 'thresholds' | 'fused'>> {
  const { model } = before;
  if ('version' in input) {
    const record = await store.get('palmThresholds', { model, version: input.version });
    if (record === null)
      throw new ThenarError('not_found', `The model ${model} has no thresholds version ${input.version}.`);
    return { thresholds: record.thresholds, fused: record.fused };
  }
  const { scores } = palmModels[model];
  if (input.thresholds.length !== scores) {
    throw new ThenarError(
      'validation_failed',
      `The palm model ${model} has ${scores} scores, and so ${scores} thresholds.`,
      { details: { fields: [{ field: 'thresholds', message: `must have exactly ${scores} values` }] } },
    );
  }
  return { thresholds: input.thresholds, fused: input.fused ?? before.fused };
}

function shown({ version, thresholds, fused }: PalmThresholdsRecord): JsonObject {
  return { version, thresholds, fused_threshold: fused };
}

async function setVerificationServer(
  context: Context,
  call: Call,
  input: SetVerificationServer,
): Promise<VerificationServerView> {
  const { clock, deployment, sealer, store } = context;
  const before = deployment.verificationServer;
  const url = input.url === undefined ? before?.url : readUrl(input.url);
  if (url === undefined) throw invalidUrl('is required: no verification server is set yet');
  // A key goes only to the server that it was given for.
  const kept = before?.url === url ? before.apiKey : null;
  const version = (before?.version ?? 0) + 1;
  const next: VerificationServerSetting = {
    url,
    apiKey: input.apiKey === undefined ? kept : input.apiKey && sealApiKey(sealer, input.apiKey),
    timeoutMs: input.timeoutMs ?? before?.timeoutMs ?? limits.remote_timeout_ms,
    updatedAt: clock.now(),
    updatedBy: call.actor,
    version,
  };
  const row = { name: VERIFICATION_SERVER, value: { ...next }, version };
  const write: Write =
    before === null
      ? { insert: 'settings', row, conflict: 'version_conflict' }
      : {
          update: 'settings',
          where: { name: VERIFICATION_SERVER, version: before.version },
          set: row,
          otherwise: 'version_conflict',
        };
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [write],
    audit: [
      {
        eventType: 'verification_server_updated',
        severity: 'warning',
        actor: call.actor,
        details: {
          old_url: before?.url ?? null,
          url,
          timeout_ms: next.timeoutMs,
          api_key_set: next.apiKey !== null,
        },
      },
    ],
  });
  if (deployment.verificationServer === before) deployment.verificationServer = next;
  return serverView(next, (await checkServer(context)) ?? unknownServer);
}

/** @throws ThenarError `validation_failed` unless paths may be put after it */
function readUrl(text: string): string {
  const url = parsedUrl(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalidUrl('must be an http or https URL');
  if (url.username !== '' || url.password !== '') throw invalidUrl('must not contain credentials');
  if (url.search !== '' || url.hash !== '') throw invalidUrl('must not have a query or a fragment');
  return url.href.replace(/\/+$/, '');
}

function invalidUrl(message: string): ThenarError {
  return new ThenarError('validation_failed', `url ${message}`, {
    details: { fields: [{ field: 'url', message }] },
  });
}

function serverView(setting: VerificationServerSetting | null, health: ServerHealth): VerificationServerView {
  return {
    url: setting?.url ?? null,
    apiKeySet: setting?.apiKey != null,
    timeoutMs: setting?.timeoutMs ?? limits.remote_timeout_ms,
    updatedAt: setting?.updatedAt ?? null,
    updatedBy: setting?.updatedBy ?? null,
    health,
  };
}
