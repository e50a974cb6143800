/** The engines, the bare servers beside them, and who asks them all the same way. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../engine/limits.ts';
import { loadUws } from '../../transport/http/drivers/uws_library.ts';
import type { Bench } from '../harness/bench.ts';
import { type Peer, startPeer } from '../harness/peer.ts';
import { newTenant, pairScanners, type Target, unlimited } from '../harness/target.ts';
import { requestText } from '../load/line.ts';
import type { Order, Volley } from '../load/volley.ts';
import type { BareSettings, Recorded } from './bare.ts';

/** Challenges that are read in turn; what a site has open at a moment. */
const CHALLENGES = 32;

/** A server under load: where it listens, what it is asked, and the process that answers. */
export interface Served {
  readonly port: number;
  readonly pid: number;
}

export interface Stage extends Served {
  readonly target: Target;
  readonly status: readonly string[];
  readonly user: readonly string[];
  readonly list: readonly string[];
  readonly token: readonly string[];
  /** An answer to each of `status`, `user` and `list`, for the bare servers to give back. */
  readonly answers: readonly Recorded[];
}

/** An engine of its own with a tenant whose rate is no limit, a user, a scanner and challenges that wait for it. */
export async function stage(bench: Bench, name: string, driver: string): Promise<Stage> {
  const target = await bench.ownEngine(`${bench.folder(name)}/data`, { THENAR_HTTP_DRIVER: driver });
  const tenant = await newTenant(target, 'Rest');
  const { tenantId, integrator } = tenant;
  await unlimited(target, tenantId);
  const user = await integrator.link.call('createUser', {
    body: { external_user_id: 'person-0', name: 'Person', email: 'person@example.com' },
  });
  const [scanner] = await pairScanners(tenant, 1);
  const challenges: string[] = [];
  for (let each = 0; each < CHALLENGES; each += 1) {
    const made = await integrator.link.call('createEnrolment', {
      body: {
        user_id: user.user_id,
        hardware_id: scanner?.hardwareId ?? '',
        palm_type: 'both',
        expires_in: limits.challenge_life_max_s,
        metadata: { document_id: `document-${each}` },
      },
    });
    challenges.push(made.challenge_id);
  }
  const bearer = { authorization: `Bearer ${await integrator.token()}` };
  const get = (path: string) => requestText('GET', path, bearer);
  const credentials = JSON.stringify({ grant_type: 'client_credentials', ...integrator.client });
  const paths = {
    status: challenges.map((id) => `/v1/challenges/${id}`),
    user: [`/v1/users/${user.user_id}`],
    list: ['/v1/challenges?page_size=20'],
  };
  return {
    target,
    port: Number(new URL(target.public).port),
    pid: target.own.process.pid ?? 0,
    status: paths.status.map(get),
    user: paths.user.map(get),
    list: paths.list.map(get),
    token: [requestText('POST', '/v1/auth/token', {}, credentials)],
    answers: await Promise.all(
      Object.values(paths)
        .flat()
        .map((path) => recorded(target.public, path, bearer)),
    ),
  };
}

/** What the server's library writes by itself. */
const written: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'uwebsockets',
]);

async function recorded(base: string, path: string, headers: Record<string, string>): Promise<Recorded> {
  const response = await fetch(new URL(path, base), { headers });
  if (!response.ok) throw new Error(`the engine answered ${response.status} to ${path}`);
  return {
    path: path.split('?', 1)[0] ?? path,
    headers: [...response.headers].filter(([name]) => !written.has(name)),
    body: await response.text(),
  };
}

/** A bare server giving back the engine's answers. */
export async function bare(
  bench: Bench,
  kind: BareSettings['kind'],
  { target, answers }: Stage,
  uws: string | null,
): Promise<Served> {
  const get = async (path: string) => (await fetch(new URL(path, target.public))).json();
  const jwks = (await get('/.well-known/jwks.json')) as BareSettings['jwks'];
  const { issuer } = (await get('/.well-known/oauth-authorization-server')) as { readonly issuer: string };
  const settings: BareSettings = { kind, answers, jwks, issuer, ...(uws === null ? {} : { uws }) };
  const peer = await startPeer<{ readonly port: number }>(new URL('./bare.js', import.meta.url), settings);
  bench.atEnd(() => peer.stop());
  return { port: peer.ready.port, pid: peer.pid };
}

/** A process that takes orders one at a time. */
export class Worker<O extends object, A> {
  readonly #peer: Peer<unknown>;

  private constructor(peer: Peer<unknown>) {
    this.#peer = peer;
  }

  static async start<O extends object, A>(
    bench: Bench,
    module: URL,
    settings: object,
  ): Promise<Worker<O, A>> {
    const peer = await startPeer<unknown>(module, settings);
    bench.atEnd(() => peer.stop());
    return new Worker<O, A>(peer);
  }

  /** @throws Error in its words when it could not */
  async order(order: O): Promise<A> {
    this.#peer.process.send(order);
    const [answer] = (await once(this.#peer.process, 'message')) as [A & { readonly failure?: string }];
    if (answer.failure !== undefined) throw new Error(answer.failure);
    return answer;
  }
}

export type Asker = Worker<Order, { readonly volley: Volley }>;

export function startAsker(bench: Bench): Promise<Asker> {
  return Worker.start(bench, new URL('./asker.js', import.meta.url), {});
}

/** The folder of the copy that `THENAR_UWS_PATH` names, or the name by which it is installed; null without one. */
export function uwsCopy(): string | null {
  const named = process.env.THENAR_UWS_PATH;
  if (named === undefined) return loadUws() === null ? null : 'uWebSockets.js';
  const installed = join(named, 'node_modules', 'uwebsockets');
  const folder = existsSync(installed) ? installed : named;
  return loadUws(folder) === null ? null : folder;
}
