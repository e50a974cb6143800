/** The console's idea of the interface is the interface's: shapes by the compiler, paths by the route tables. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import type { link } from '../../transport/apis/link/facade.ts';
import type { OperationOf, SignatureIn } from '../../transport/client/types.ts';
import type * as Wire from '../../transport/console/app/api/wire.ts';
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
];

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
