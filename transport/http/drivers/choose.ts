import type { HttpHandler } from '../message.ts';
import { listenNode } from './node.ts';
import type { HttpServer, ListenOptions } from './server.ts';
import { listenUws } from './uws.ts';
import { loadUws } from './uws_library.ts';

export type { HttpServer, ListenOptions, TlsMaterial } from './server.ts';

/** @throws Error when `uws` is asked for and not installed, or the port cannot be had */
export async function listenWith(
  driver: 'auto' | 'node' | 'uws',
  handler: HttpHandler,
  options: ListenOptions,
): Promise<HttpServer> {
  const uws = driver === 'node' ? null : loadUws();
  if (uws === null && driver === 'uws') throw new Error('uWebSockets.js is not installed');
  const listen = uws === null ? listenNode : listenUws(uws);
  return listen(handler, options);
}
