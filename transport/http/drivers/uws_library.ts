/**
 * uWebSockets.js as far as we use it. It is an optional peer that its author publishes outside the registry, so its
 * types are written down here and it is found at run time.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface UwsRequest {
  getUrl(): string;
  getQuery(): string | undefined;
  getCaseSensitiveMethod(): string;
  forEach(each: (name: string, value: string) => void): void;
}
export interface UwsResponse {
  writeStatus(status: string): UwsResponse;
  writeHeader(name: string, value: string): UwsResponse;
  write(chunk: string): boolean;
  end(body?: string | Uint8Array, closeConnection?: boolean): UwsResponse;
  /** Writes what the reader takes: whether all of it was, and whether the response is over by that. */
  tryEnd(chunk: string | Uint8Array, totalBytes: number): readonly [taken: boolean, over: boolean];
  endWithoutBody(reportedContentLength?: number, closeConnection?: boolean): UwsResponse;
  close(): UwsResponse;
  cork(write: () => void): UwsResponse;
  onAborted(aborted: () => void): UwsResponse;
  onData(each: (chunk: ArrayBuffer, isLast: boolean) => void): UwsResponse;
  getRemoteAddressAsText(): ArrayBuffer;
  getWriteOffset(): number;
  onWritable(writable: (offset: number) => boolean): UwsResponse;
}
export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  listen(host: string, port: number, done: (socket: unknown) => void): UwsApp;
  close(): UwsApp;
}
export interface Uws {
  App(): UwsApp;
  SSLApp(options: { readonly key_file_name: string; readonly cert_file_name: string }): UwsApp;
  us_listen_socket_close(socket: unknown): void;
}

/**
 * The library, or null when it is not installed or has no build for this machine.
 * @param folder a copy that is not among our own modules
 */
export function loadUws(folder?: string): Uws | null {
  const load = createRequire(folder === undefined ? import.meta.url : join(folder, 'package.json'));
  try {
    return load(folder ?? 'uWebSockets.js') as Uws;
  } catch {
    return null;
  }
}
