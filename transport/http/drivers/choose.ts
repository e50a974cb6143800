import type { HttpHandler } from '../message.ts';
import { listenNode } from './node.ts';
import type { HttpServer, ListenOptions } from './server.ts';
import { listenUws } from './uws.ts';
import { loadUws } from './uws_library.ts';

export type { HttpServer, ListenOptions, TlsMaterial } from './server.ts';

/**
 * @param driver `auto`: uWebSockets.js where it is installed, else node:http; `node`; `uws`; or the folder of a copy
 * @throws Error when uWebSockets.js is asked for and does not load, or the port cannot be had
 */
export async function listenWith(
  driver: string,
  handler: HttpHandler,
  options: ListenOptions,
): Promise<HttpServer> {
  const uws = driver === 'node' ? null : loadUws(driver.includes('/') ? driver : undefined);
  if (uws === null && driver !== 'node' && driver !== 'auto') {
    throw new Error(
      driver === 'uws'
        ? 'uWebSockets.js is not installed.'
        : `${driver} holds no uWebSockets.js that loads here.`,
    );
  }
  const listen = uws === null ? listenNode : listenUws(uws);
  return listen(handler, options);
}
