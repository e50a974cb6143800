/** REST beside the libraries it could be written with: reads from memory, a list from the database, tokens. */

import type { Bench } from '../harness/bench.ts';
import { processorMs } from '../harness/process.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { median, ratios } from '../harness/statistics.ts';
import type { Order, Volley } from '../load/volley.ts';
import { type Asker, bare, type Served, stage, startAsker, uwsCopy, Worker } from './sides.ts';
import type { Signing } from './signer.ts';

/** The share of bare fastify's capacity at which latencies are compared: a node that is half busy. */
const SHARE = 0.5;

interface Taken extends Volley {
  readonly perSecond: number;
  /** Processor time of the process that answered, microseconds an answer. */
  readonly microseconds: number;
}

export const rest = scenario({
  name: 'rest',
  summary: 'token issue, challenge status, user read and list over HTTP, and p99 at half of the load',
  baseline: 'fastify, node:http and uWebSockets.js giving back the same bytes; jose signing the same claims',
  parameters: {
    rounds: { what: 'interleaved rounds', full: 7, quick: 2 },
    'volley-ms': { what: 'milliseconds a side and round', full: 2_000, quick: 350, least: 100 },
    connections: { what: 'kept-alive connections', full: 32, quick: 32 },
    depth: { what: 'requests under way on each connection', full: 4, quick: 4 },
  },
  goals: [
    { of: 'statusToFastify', least: 1, text: 'authenticated status read at least as many as bare fastify' },
    { of: 'statusUwsToFastify', least: 2, text: 'on uWebSockets.js at least twice as many as bare fastify' },
    {
      of: 'tokenToJoseAtOnce',
      least: 0.8,
      text: 'token issue at least 0.8 of bare jose RS256 signing, as many at once',
    },
  ],
  packages: ['fastify', 'jose'],
  async run(bench) {
    const { rounds, connections, depth } = bench.values;
    const milliseconds = bench.values['volley-ms'];
    const uws = uwsCopy();
    bench.fact('uWebSockets.js', uws === null ? 'not installed: its ratios are not taken' : 'measured');
    const node = await stage(bench, 'node', 'node');
    const onUws = uws === null ? null : await stage(bench, 'uws', uws);
    const beside = {
      fastify: await bare(bench, 'fastify', node, null),
      node: await bare(bench, 'node', node, null),
      uws: uws === null ? null : await bare(bench, 'uws', node, uws),
    };
    const asker = await startAsker(bench);
    const ask = async (served: Served, requests: readonly string[], more: Partial<Order> = {}) => {
      const settings = { connections, depth, milliseconds, seed: bench.seed };
      return volley(asker, served, { requests, ...settings, ...more });
    };

    const onlyWith =
      <T>(side: Served | null, run: (side: Served) => Promise<T>) =>
      async () =>
        side === null ? null : run(side);
    const status = await interleave(
      { rounds },
      {
        thenar: () => ask(node, node.status),
        fastify: () => ask(beside.fastify, node.status),
        node: () => ask(beside.node, node.status),
        thenarOnUws: onlyWith(onUws, (side) => ask(side, onUws?.status ?? [])),
        uws: onlyWith(beside.uws, (side) => ask(side, node.status)),
      },
    );
    tell(bench, 'status', 'challenge status', status);
    const rate = (side: readonly Taken[]) => side.map(({ perSecond }) => perSecond);
    const cost = (side: readonly Taken[]) => side.map(({ microseconds }) => microseconds);
    const there = (side: readonly (Taken | null)[]) => side.filter((taken) => taken !== null);
    const toFastify = (name: string, title: string, side: readonly Taken[], of: readonly Taken[]) =>
      bench.ratio(name, title, 'more', ratios(rate(side), rate(of)));
    toFastify('statusToFastify', 'challenge status, thenar / fastify', status.thenar, status.fastify);
    toFastify('statusToNode', 'challenge status, thenar / node:http', status.thenar, status.node);
    if (uws !== null) {
      const [ours, theirs] = [there(status.thenarOnUws), there(status.uws)];
      toFastify(
        'statusUwsToFastify',
        'challenge status, thenar on uWebSockets.js / fastify',
        ours,
        status.fastify,
      );
      toFastify('statusUwsToUws', 'challenge status, thenar on uWebSockets.js / bare', ours, theirs);
      bench.ratio(
        'statusUwsCost',
        'processor time, fastify / thenar on uWebSockets.js',
        'more',
        ratios(cost(status.fastify), cost(ours)),
      );
    }

    const reads = await interleave(
      { rounds },
      {
        user: () => ask(node, node.user),
        userFastify: () => ask(beside.fastify, node.user),
        list: () => ask(node, node.list),
        listFastify: () => ask(beside.fastify, node.list),
      },
    );
    tell(bench, 'user', 'user read', { thenar: reads.user, fastify: reads.userFastify });
    tell(bench, 'list', 'list of 20 challenges', { thenar: reads.list, fastify: reads.listFastify });
    toFastify('userToFastify', 'user read, thenar / fastify', reads.user, reads.userFastify);
    toFastify(
      'listToFastify',
      'list from the database, thenar / fastify from memory',
      reads.list,
      reads.listFastify,
    );

    await tokens(bench, milliseconds, (more) => ask(node, node.token, { depth: 1, ...more }));

    const half = SHARE * median(rate(status.fastify));
    bench.figure('halfRate', 'rate of the latencies: half of bare fastify', '1/s', 'baseline', [half]);
    const open = { rate: half, depth: 1, milliseconds: milliseconds * 2, connections: 64 };
    const late = await interleave(
      { rounds: Math.min(rounds, 3), warmUp: 0 },
      {
        thenar: () => ask(node, node.status, open),
        fastify: () => ask(beside.fastify, node.status, open),
        thenarOnUws: onlyWith(onUws, (side) => ask(side, onUws?.status ?? [], open)),
        uws: onlyWith(beside.uws, (side) => ask(side, node.status, open)),
      },
    );
    const names = {
      thenar: 'thenar',
      fastify: 'fastify',
      thenarOnUws: 'thenar on uWebSockets.js',
      uws: 'uWebSockets.js',
    };
    for (const side of Object.keys(names) as (keyof typeof names)[]) {
      const taken = there(late[side]);
      if (taken.length === 0) continue;
      const p99 = taken.map(
        ({ latency }) => latency.find(([percentile]) => percentile === 99)?.[1] ?? Number.NaN,
      );
      bench.figure(
        `${side}P99`,
        `p99 at that rate, ${names[side]}`,
        'ms',
        side.startsWith('thenar') ? 'thenar' : 'baseline',
        p99,
      );
    }
    bench.plot({
      title: 'Latency of a status read at half of bare fastify’s rate',
      subtitle: 'open loop, from the moment each request was due',
      x: { label: 'percentile', scale: 'percentile' },
      y: { label: 'ms', scale: 'log' },
      series: (Object.keys(names) as (keyof typeof names)[])
        .map((side) => ({ name: names[side], points: there(late[side]).at(-1)?.latency ?? [] }))
        .filter(({ points }) => points.length > 0),
    });
  },
});

async function volley(
  asker: Asker,
  { port, pid }: Served,
  order: Omit<Order, 'host' | 'port'>,
): Promise<Taken> {
  const used = processorMs(pid);
  const { volley } = await asker.order({ host: '127.0.0.1', port, ...order });
  const [refusal] = Object.entries(volley.refusals);
  if (refusal !== undefined) throw new Error(`${refusal[1]} requests were answered ${refusal[0]}`);
  const microseconds = ((processorMs(pid) - used) * 1000) / volley.done;
  return { ...volley, microseconds, perSecond: volley.done / volley.seconds };
}

/** Rates, what an answer cost, and how busy the asker was: near 1, and it was the asker that was measured. */
function tell(
  bench: Bench,
  name: string,
  title: string,
  sides: Readonly<Record<string, readonly (Taken | null)[]>>,
): void {
  for (const [side, all] of Object.entries(sides)) {
    const taken = all.filter((each) => each !== null);
    if (taken.length === 0) continue;
    const of = side.startsWith('thenar') ? 'thenar' : 'baseline';
    bench.figure(
      `${name}.${side}`,
      `${title}, ${side}`,
      '1/s',
      of,
      taken.map(({ perSecond }) => perSecond),
    );
    bench.figure(
      `${name}.${side}.cost`,
      `${title}, ${side}: processor time`,
      'µs',
      of,
      taken.map(({ microseconds }) => microseconds),
    );
    const busy = median(taken.map(({ askerMs, seconds }) => askerMs / seconds / 10));
    bench.fact(`${name}.${side}.asker`, `${busy.toFixed(0)} % of a processor`);
  }
}

/** Tokens beside signing alone: on one thread, and as many at once on the threads of the process. */
async function tokens(
  bench: Bench,
  milliseconds: number,
  ask: (more: Partial<Order>) => Promise<Taken>,
): Promise<void> {
  const subject = crypto.randomUUID();
  const claims = {
    client_id: subject,
    tenant_id: crypto.randomUUID(),
    token_kind: 'client',
    scope: 'users:read users:write devices:read devices:write challenges:read challenges:write',
    iss: 'http://127.0.0.1',
    aud: 'http://127.0.0.1',
    sub: subject,
    jti: crypto.randomUUID(),
  };
  const signer = await Worker.start<Signing, { readonly perSecond: number }>(
    bench,
    new URL('./signer.js', import.meta.url),
    { claims },
  );
  const atOnce = 8;
  // Shorter than what an address may ask before its own limit would be measured; it recovers while jose signs.
  const short = 0.3 * milliseconds;
  const sign = async (many: number) => (await signer.order({ milliseconds, atOnce: many })).perSecond;
  const taken = await interleave(
    { rounds: bench.values.rounds ?? 1 },
    {
      thenar: async () =>
        (await ask({ connections: atOnce, addresses: atOnce, milliseconds: short })).perSecond,
      jose: () => sign(atOnce),
      thenarOne: async () => (await ask({ connections: 1, milliseconds: short })).perSecond,
      joseOne: () => sign(1),
    },
  );
  bench.figure('token', `tokens issued, ${atOnce} at once`, '1/s', 'thenar', taken.thenar);
  bench.figure('jose', `jose RS256 signatures, ${atOnce} at once`, '1/s', 'baseline', taken.jose);
  bench.figure('tokenOne', 'tokens issued, one at a time', '1/s', 'thenar', taken.thenarOne);
  bench.figure('joseOne', 'jose RS256 signatures, one at a time', '1/s', 'baseline', taken.joseOne);
  // The engine signs on the threads of its pool and answers on one; jose on one thread signs one after another.
  const { thenar, thenarOne, jose, joseOne } = taken;
  const told: readonly (readonly [name: string, title: string, rounds: number[]])[] = [
    ['tokenToJose', `tokens, ${atOnce} at once / jose on one thread`, ratios(thenar, joseOne)],
    ['tokenToJoseAtOnce', `tokens / jose signatures, both ${atOnce} at once`, ratios(thenar, jose)],
    ['tokenToJoseOne', 'tokens / jose signatures, both one at a time', ratios(thenarOne, joseOne)],
  ];
  for (const [name, title, rounds] of told) bench.ratio(name, title, 'more', rounds);
}
