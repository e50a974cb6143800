/** The reference verification server: the engine's own palm code behind the protocol that remote matchers speak. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { EngineApi } from '../../actors/api.ts';
import type { Caller } from '../../actors/calls.ts';
import { ThenarError } from '../../engine/errors.ts';
import type { Clock, Log, Random } from '../../engine/ports.ts';
import { errorSchema, renderError } from '../apis/link/errors.ts';
import { bearerToken } from '../auth/bearer.ts';
import { listenNode } from '../http/drivers/node.ts';
import type { HttpServer } from '../http/drivers/server.ts';
import { type Facade, facade } from '../http/facade.ts';
import { createPlane } from '../http/listeners.ts';
import type { HttpRequest } from '../http/message.ts';
import { Features, featureKey } from './features.ts';
import { verificationRoutes } from './routes.ts';

export interface VerificationServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: string;
  readonly port: number;
  /** Who calls must show it as a bearer token. */
  readonly apiKey: string;
  /** Palms are kept below it. */
  readonly dataDir: string;
}

/** No route of this server asks an engine: it is given one only because the pipeline passes it on. */
const noEngine = {} as EngineApi;

/** Listens. @throws Error of the operating system when folder or port cannot be had */
export async function openVerificationServer(options: VerificationServerOptions): Promise<HttpServer> {
  const { dataDir, random } = options;
  const key = await featureKey(join(dataDir, 'features.key'), random);
  const features = new Features(join(dataDir, 'features'), key, random);
  const handler = createPlane('ops', noEngine, {
    clock: options.clock,
    random,
    log: options.log,
    facades: [verificationFacade(features, options.apiKey)],
    limited: false,
  });
  return listenNode(handler, options);
}

/** Bare JSON; errors as the Link family writes them. */
function verificationFacade(features: Features, apiKey: string): Facade {
  return facade({
    name: 'verification',
    title: 'Verification server',
    basePath: '',
    routes: verificationRoutes(features),
    subjects: [],
    authenticate: ({ request }) => authenticate(request, apiKey),
    renderError,
    renderReply: (answer) => answer.data,
    readReply: (json) => ({ data: json }),
    replySchema: (_, data) => data,
    errorSchema: errorSchema.json,
  });
}

/** @throws ThenarError unauthenticated, invalid_token */
function authenticate({ headers }: HttpRequest, apiKey: string): Caller {
  if (headers.authorization === undefined)
    throw new ThenarError('unauthenticated', 'This needs the API key.');
  const given = bearerToken(headers.authorization);
  if (given === null || !sameSecret(given, apiKey)) {
    throw new ThenarError('invalid_token', 'This is not the API key of this server.');
  }
  return { kind: 'anonymous' };
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
