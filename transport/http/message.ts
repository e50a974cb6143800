/** One request and its reply, the same for every driver. */
import type { Eventually } from '../../engine/eventually.ts';

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Percent-encoded as it came, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names in lower case; repeated ones joined as RFC 9110 section 5.3 says. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Remote address. */
  readonly address: string;
  /** Whether the connection is TLS. */
  readonly secure: boolean;
  /** Lower-case hex SHA-256 of the client certificate of the connection, if any. */
  readonly fingerprint: string | null;
  /**
   * Reads the body, once.
   * @throws ThenarError payload_too_large, as soon as the length is known or passed; malformed_body when the client
   *   went away before the end.
   */
  body(bytesMax: number): Promise<Uint8Array>;
}

/** Where a streaming reply writes. */
export interface Sink {
  /** False once the reader is gone or too slow; then nothing more is sent. */
  write(chunk: string): boolean;
  /** Bytes that the reader has not taken yet; a writer that can wait does, and is not cut off as too slow a reader. */
  waiting(): number;
  end(): void;
  /** Cuts the connection off, whatever was written and not taken. */
  cut(): void;
  /** Called once, when the reader is gone. */
  onClose(closed: () => void): void;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Instead of `body`: takes the sink over. */
  readonly stream?: (sink: Sink) => void;
}

/** Replies at once when memory is enough; never throws or rejects. */
export type HttpHandler = (request: HttpRequest) => Eventually<HttpReply>;
