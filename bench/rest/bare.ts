/**
 * What stands beside the engine, each in a process of its own: fastify, node:http and uWebSockets.js, giving back the
 * engine's own answers, headers and all, from memory; and jose signing the claims of an access token.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { importJWK, jwtVerify } from 'jose';
import { loadUws } from '../../transport/http/drivers/uws_library.ts';
import { servePeer } from '../harness/peer.ts';

/** An answer of the engine's to be given back. */
export interface Recorded {
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface BareSettings {
  readonly kind: 'fastify' | 'node' | 'uws';
  readonly answers: readonly Recorded[];
  /** What fastify verifies the bearer token with. */
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] };
  readonly issuer: string;
  /** The folder of a copy. */
  readonly uws?: string;
}

/** A signature is checked once a token; the claims of every request must still be in their time. */
function verifier({ jwks, issuer }: BareSettings): (header: string | undefined) => Promise<void> | void {
  const verified = new Map<string, number>();
  async function check(token: string): Promise<void> {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => importJWK(jwks.keys.find((key) => key.kid === kid) ?? {}, 'RS256'),
      { issuer },
    );
    verified.set(token, (payload.exp ?? 0) * 1000);
  }
  return (header = '') => {
    const token = header.slice('Bearer '.length);
    const until = verified.get(token);
    if (until !== undefined && until < Date.now()) throw new Error('expired');
    return until === undefined ? check(token) : undefined;
  };
}

/** Routes as each would be written by somebody who knows the library: one with a parameter for each collection. */
const patterns = ['/v1/challenges/:id', '/v1/users/:id', '/v1/challenges'] as const;

async function bareFastify(settings: BareSettings): Promise<number> {
  // By name at run time: it is there where this is developed, and not where the packed engine is.
  const load = createRequire(import.meta.url);
  const { fastify } = load('fastify') as typeof import('fastify');
  const app = fastify({ logger: false });
  const verify = verifier(settings);
  const answers = new Map(settings.answers.map((answer) => [answer.path, answer]));
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      const pending = verify(request.headers.authorization);
      if (pending === undefined) done();
      else
        pending.then(
          () => done(),
          (error: Error) => done(error),
        );
    } catch (error) {
      done(error as Error);
    }
  });
  for (const pattern of patterns) {
    app.get<{ Params: { id?: string } }>(pattern, (request, reply) => {
      const answer = answers.get(pattern.replace(':id', request.params.id ?? ''));
      if (answer === undefined) return void reply.code(404).send({ error: 'not found' });
      for (const [name, value] of answer.headers) reply.header(name, value);
      reply.send(answer.body);
    });
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

async function bareNode({ answers: recorded }: BareSettings): Promise<number> {
  const answers = new Map(recorded.map((answer) => [answer.path, answer]));
  const server = createServer((request, response) => {
    const answer = answers.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (answer === undefined) return void response.writeHead(404).end();
    response.writeHead(200, [
      ...answer.headers.flat(),
      'content-length',
      String(Buffer.byteLength(answer.body)),
    ]);
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function bareUws({ answers: recorded, uws: folder }: BareSettings): Promise<number> {
  const uws = loadUws(folder);
  if (uws === null) throw new Error(`there is no uWebSockets.js in ${folder}`);
  const answers = new Map(recorded.map((answer) => [answer.path, answer]));
  // The library never tells which port it chose.
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close();
      uws
        .App()
        .any('/*', (response, request) => {
          const answer = answers.get(request.getUrl());
          if (answer === undefined) return void response.writeStatus('404').end();
          response.cork(() => {
            for (const [name, value] of answer.headers) response.writeHeader(name, value);
            response.end(answer.body);
          });
        })
        .listen('127.0.0.1', port, (socket) => {
          if (socket) resolve(port);
          else reject(new Error(`cannot listen on ${port}`));
        });
    });
  });
}

servePeer(async (settings: BareSettings) => {
  const listen = { fastify: bareFastify, node: bareNode, uws: bareUws }[settings.kind];
  return { port: await listen(settings) };
});
