/** Offers load from a process of its own, so that nobody who is measured waits for whoever asks. */

import { limits } from '../../engine/limits.ts';
import { at, type Call, closedLoop, type Load, openLoop } from '../harness/load.ts';
import { servePeer } from '../harness/peer.ts';
import { Asker } from '../load/asker.ts';
import { identifier } from '../load/identifier.ts';
import { requestText } from '../load/line.ts';
import type { Credentials } from '../scanner/pair.ts';

/** Whom it asks as: identifications of each tenant's scanners, or new users by each tenant's token. */
export type GeneratorSettings = {
  readonly seed: number;
} & (
  | {
      readonly plane: 'scanners';
      readonly deviceUrl: string;
      readonly tenants: readonly (readonly Credentials[])[];
      readonly palms: number;
    }
  | { readonly plane: 'rest'; readonly url: string; readonly tokens: readonly string[] }
);

export type Order =
  | { readonly kind: 'closed'; readonly calls: number }
  | {
      readonly kind: 'offer';
      readonly rate: number;
      readonly seconds: number;
      readonly seed: number;
      /** By number; calls are theirs in turn. Default: all. */
      readonly tenants?: readonly number[];
    };

export interface Taken {
  /** Done a second. */
  readonly rate: number;
  readonly done: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of one core, what asking took. */
  readonly share: number;
}

/** As many as far too many, so that arrivals never end early: that is what is offered. */
const NO_END = 1_000_000;
/** Kept-alive connections of each tenant over REST: with fewer than may wait, calls would stand in line at the asker. */
const CONNECTIONS = 2 * limits.calls_waiting_max;
/** Calls under way at once in the closed loop: enough that neither core idles, and none is refused. */
const LANES = 16;

type Ask = (tenant: number, number: number) => Promise<string | null>;

async function scanners(settings: GeneratorSettings & { plane: 'scanners' }): Promise<Ask> {
  const { tenants, ...shared } = settings;
  const identify = await Promise.all(tenants.map((of) => identifier({ ...shared, scanners: of })));
  return (tenant, number) => identify[tenant]!(number);
}

async function rest({ url, tokens }: GeneratorSettings & { plane: 'rest' }): Promise<Ask> {
  const askers = tokens.map((token) => ({
    asker: new Asker(url, CONNECTIONS),
    headers: { authorization: `Bearer ${token}` },
  }));
  let next = 0;
  const run = `${process.pid}-${Date.now()}`;
  return async (tenant) => {
    const { asker, headers } = askers[tenant]!;
    const body = JSON.stringify({ external_user_id: `${run}-${next++}` });
    const status = await asker.ask(requestText('POST', '/v1/users', headers, body));
    return status.startsWith('2') ? null : status;
  };
}

function taken(load: Load, processorMs: number, seconds: number): Taken {
  const { done, refusals } = load;
  const rate = done / load.seconds;
  const share = processorMs / 1000 / seconds;
  return { rate, done, refusals, p50Ms: at(load, 50), p99Ms: at(load, 99), share };
}

let ask: Ask;
let tenantCount = 0;
/** Counts on from order to order, so that no two calls of a run are one. */
let asked = 0;

async function follow(order: Order): Promise<Taken> {
  const everybody = Array.from({ length: tenantCount }, (_, tenant) => tenant);
  const tenants = (order.kind === 'offer' ? order.tenants : undefined) ?? everybody;
  const call: Call = (number) => ask(tenants[number % tenants.length]!, Math.floor(asked++ / tenants.length));
  const cpu = process.cpuUsage();
  const from = performance.now();
  const ended = (load: Load): Taken => {
    const { user, system } = process.cpuUsage(cpu);
    return taken(load, (user + system) / 1000, (performance.now() - from) / 1000);
  };
  switch (order.kind) {
    case 'closed':
      return ended(await closedLoop({ atOnce: LANES, calls: order.calls }, call));
    case 'offer':
      return ended(await openLoop({ ...order, inFlightMax: NO_END }, call));
    default:
      return order satisfies never;
  }
}

servePeer(
  async (settings: GeneratorSettings): Promise<'connected'> => {
    tenantCount = settings.plane === 'rest' ? settings.tokens.length : settings.tenants.length;
    ask = settings.plane === 'rest' ? await rest(settings) : await scanners(settings);
    return 'connected';
  },
  (order) => follow(order as Order),
);
