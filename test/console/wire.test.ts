/** The console's idea of the interface is the interface's: shapes by the compiler, paths by the route tables. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import type { WebhookEventData } from '../../engine/webhooks/events.ts';
import type { link } from '../../transport/apis/link/facade.ts';
import type { OperationOf, SignatureIn } from '../../transport/client/types.ts';
import type * as Wire from '../../transport/console/app/api/wire.ts';
import type * as Admin from '../../transport/console/app/api/wire-admin.ts';
import type * as Platform from '../../transport/console/app/api/wire-platform.ts';
import { webhookEvents } from '../../transport/console/app/pages/webhook/events.ts';
import type { Schema } from '../../transport/http/schema.ts';
import type * as Ops from '../../transport/ops/app/api/wire.ts';
import type { connectionsSchema } from '../../transport/ops/connections.ts';
import type { shardsSchema } from '../../transport/ops/shards.ts';
import type { actorDetailSchema, actorSchema, deadLettersSchema } from '../../transport/ops/wire.ts';
import { allRoutes } from '../support/samples.ts';

/** As JSON brings it: what is undefined is not there. */
type Received<T> = T extends readonly (infer E)[]
  ? readonly Received<E>[]
  : T extends object
    ? { [K in keyof T]: Received<Exclude<T[K], undefined>> }
    : T;
type Reply<O extends OperationOf<typeof link>> = Received<SignatureIn<typeof link, O>['reply']>;
type Row<O extends OperationOf<typeof link>> = Reply<O> extends readonly (infer E)[] ? E : never;

/** Does not compile unless what a route answers can be read as what a page takes it for. */
type Fits<Ours, Theirs extends Ours> = readonly [Ours, Theirs];
export type Held = readonly [
  Fits<Wire.Me, Reply<'getMe'>>,
  Fits<Wire.Device, Row<'listDevices'>>,
  Fits<Wire.Device, Reply<'getDevice'>>,
  Fits<Wire.PairingCode, Reply<'registerDevice'>>,
  Fits<Wire.PairingCode, Reply<'renewPairingCode'>>,
  Fits<Wire.User, Row<'listUsers'>>,
  Fits<Wire.User, Reply<'getUser'>>,
  Fits<Wire.ConsentOverview, Reply<'getConsent'>>,
  Fits<Wire.Erasure, Reply<'deleteUser'>>,
  Fits<Wire.Erasure, Reply<'getErasure'>>,
  Fits<Wire.Challenge, Row<'listChallenges'>>,
  Fits<Wire.Challenge, Reply<'getChallenge'>>,
  Fits<Wire.CreatedChallenge, Reply<'createVerification'>>,
  Fits<Wire.CreatedChallenge, Reply<'createEnrolment'>>,
  Fits<Wire.Statistics, Reply<'getTenantStatistics'>>,
  Fits<Wire.TenantRow, Row<'listTenants'>>,
  Fits<Admin.OAuthClient, Row<'listClients'>>,
  Fits<Admin.ClientSecret, Reply<'createClient'>>,
  Fits<Admin.ClientSecret, Reply<'regenerateClientSecret'>>,
  Fits<Admin.Webhook, Row<'listWebhooks'>>,
  Fits<Admin.Delivery, Row<'listDeliveries'>>,
  Fits<Admin.Replayed, Reply<'replayDeliveries'>>,
  Fits<Admin.LinkedService, Row<'listLinkedServices'>>,
  Fits<Admin.AuditEntry, Row<'listAuditLogs'>>,
  Fits<Admin.Person, Row<'listConsoleUsers'>>,
  Fits<Admin.ListedTenant, Row<'listTenants'>>,
  Fits<Admin.Verification, Reply<'verifyAuditLog'>>,
  Fits<Admin.Verification, Reply<'verifyPlatformAuditLog'>>,
  Fits<Admin.TenantConfig, Reply<'getTenantConfig'>>,
  Fits<Admin.IdentityProvider, Reply<'getIdentityProvider'>>,
  Fits<Platform.PalmModel, Reply<'getPalmModel'>>,
  Fits<Platform.PalmModel, Reply<'migratePalmModel'>>,
  Fits<Platform.MigrationOutcome, Row<'listPalmMigration'>>,
  Fits<Platform.Thresholds, Reply<'getPalmThresholds'>>,
  Fits<Platform.PalmHealth, Reply<'getPalmHealth'>>,
  Fits<Platform.VerificationServer, Reply<'getVerificationServer'>>,
  Fits<Platform.TlsStatus, Reply<'getTlsStatus'>>,
  Fits<Platform.Certificate, Reply<'getServerCertificate'>>,
  Fits<Platform.PlatformCa, Reply<'getPlatformCa'>>,
  Fits<Platform.DevicePolicy, Reply<'getDevicePolicy'>>,
  Fits<Admin.CreatedTenant, Reply<'createTenant'>>,
];

type OpsReply<R extends { readonly json: unknown }> = R extends Schema<infer T> ? Received<T> : never;
export type InspectorHeld = readonly [
  Fits<Ops.Actor, OpsReply<typeof actorSchema>>,
  Fits<Omit<Ops.ActorDetail, 'description'>, OpsReply<typeof actorDetailSchema>>,
  Fits<Ops.DeadLetters, OpsReply<typeof deadLettersSchema>>,
  Fits<Ops.Shards, OpsReply<typeof shardsSchema>>,
  Fits<Ops.Connections, OpsReply<typeof connectionsSchema>>,
];

/** Does not compile while the engine tells an event that is not offered; a test is sent on request. */
export type EveryEvent = Fits<
  (typeof webhookEvents)[number],
  Exclude<keyof WebhookEventData, 'webhook.test'>
>;

t.test('every path that a page names is a route', async (t) => {
  const known = new Set(allRoutes.map(({ path }) => path.replaceAll(/\{[^}]+\}/g, '{}')));
  const app = assetPath('transport', 'console', 'app');
  const named = readdirSync(app, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(app, name), 'utf8');
      return [...text.matchAll(/['`](\/v1\/[^'`]*)['`]/g)].map(([, path = '']) => [name, path] as const);
    });
  t.ok(named.length > 5);
  const wrong = named.filter(([, path]) => !known.has(path.replaceAll(/\$\{[^}]+\}/g, '{}')));
  t.same(wrong, []);
});

t.test(
  'what the console offers to subscribe to is what the engine takes, and all that it tells',
  async (t) => {
    const { body } = allRoutes.find(({ operation }) => operation === 'createWebhook')!;
    const taken = (body as Schema<unknown>).json as {
      readonly properties: { readonly events: { readonly items: { readonly enum: readonly string[] } } };
    };
    t.same(webhookEvents, taken.properties.events.items.enum);
  },
);
