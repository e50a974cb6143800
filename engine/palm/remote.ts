/**
 * A remote matcher over HTTP: the engine's side of docs/verification-server.md. Whatever the server says is checked
 * before it is believed: it decides nothing, it only gives scores and templates.
 */
import { type ErrorCode, ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { HttpSender } from '../outbound/send.ts';
import type { Matched, ScanRefusal, TraceContext } from '../ports.ts';
import { traceHeaders } from '../trace/spans.ts';
import { palmModel } from './model.ts';
import { decodeTemplate } from './template.ts';
import { scoreCount } from './thresholds.ts';
import type { Comparison, Hand, Scan } from './types.ts';

/** Version of the protocol; the first part of every path. */
export const verificationProtocol = 'v1';

export interface RemoteServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | null;
  readonly timeoutMs: number;
}

/** What a server says of itself. */
export interface RemoteHealth {
  readonly vendor: string;
  readonly model: string;
}

type Json = Readonly<Record<string, unknown>>;
type Answer = { readonly status: number; readonly body: Json };

/** Refusals of a scan that a server may give in the engine's stead. */
const refusals: ReadonlySet<string> = new Set<ErrorCode>([
  'palm_image_invalid',
  'palm_quality_too_low',
  'palm_template_invalid',
  'palm_model_mismatch',
]);

/** @throws ThenarError `unavailable` from every method: unreachable, refusing, or an answer that is not one */
export class RemoteMatcher {
  readonly #sender: HttpSender;
  readonly #server: RemoteServer;

  constructor(sender: HttpSender, server: RemoteServer) {
    this.#sender = sender;
    this.#server = server;
  }

  /** Reachable, the key taken, and of our model. */
  async health(): Promise<RemoteHealth> {
    const { status, body } = await this.#ask('GET', 'health');
    if (status !== 200 || body.status !== 'ok') throw this.#unexpected(status, body);
    const { vendor, model } = body;
    if (typeof vendor !== 'string' || vendor.length > 64) throw this.#garbled('vendor');
    if (model !== palmModel) throw failed(`The verification server is of the palm model ${String(model)}.`);
    return { vendor, model };
  }

  /** The template of one scan, as bytes. */
  async extract(scan: Scan): Promise<Matched<Uint8Array>> {
    const { status, body } = await this.#ask('POST', 'extract', { scan: scanWire(scan) });
    if (status === 422) return this.#refusal(body);
    if (status !== 200) throw this.#unexpected(status, body);
    return { ok: true, value: this.#template(body.template) };
  }

  /**
   * One comparison a template, in order; at most `limits.remote_templates_max` of them.
   * @param trace goes with it, so that the server's work can hang under it
   */
  async compare(
    probe: Scan,
    templates: readonly Uint8Array[],
    trace: TraceContext | null = null,
  ): Promise<Matched<RemoteComparisons>> {
    const asked = { probe: scanWire(probe), templates: templates.map(base64) };
    const { status, body } = await this.#ask('POST', 'compare', asked, trace);
    if (status === 422) return this.#refusal(body);
    if (status !== 200) throw this.#unexpected(status, body);
    const { comparisons, vendor } = body;
    if (!Array.isArray(comparisons) || comparisons.length !== templates.length)
      throw this.#garbled('comparisons');
    if (typeof vendor !== 'string' || vendor.length > 64) throw this.#garbled('vendor');
    const read = comparisons.map((each) => this.#comparison(each));
    return { ok: true, value: { vendor, comparisons: read } };
  }

  /** Templates of a palm that a device of the tenant enrolled under this name; null when the server has none. */
  async feature(tenantId: string, featureId: string, hand: Hand): Promise<readonly Uint8Array[] | null> {
    // Names that no URL can carry as a segment.
    if (featureId === '.' || featureId === '..') return null;
    const query = new URLSearchParams({ tenant_id: tenantId, palm_type: hand });
    const { status, body } = await this.#ask('GET', `features/${encodeURIComponent(featureId)}?${query}`);
    // A 404 of another kind is the wrong address.
    if (status === 404 && (body.error as Json | undefined)?.code === 'not_found') return null;
    if (status !== 200) throw this.#unexpected(status, body);
    const { templates } = body;
    if (!Array.isArray(templates) || templates.length === 0 || body.feature_id !== featureId)
      throw this.#garbled('templates');
    return templates.slice(0, limits.templates_per_palm_max).map((each) => this.#template(each));
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    trace: TraceContext | null = null,
  ): Promise<Answer> {
    const { url, apiKey, timeoutMs } = this.#server;
    const reply = await this.#sender.send({
      endpoint: `${url}/${verificationProtocol}/${path}`,
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
        ...traceHeaders(trace),
      },
      body: body === undefined ? '' : JSON.stringify(body),
      wantsBody: true,
      timeoutMs,
    });
    if ('error' in reply) throw failed(`The verification server does not answer (${reply.error}).`);
    return { status: reply.status, body: parse(reply.body) };
  }

  #template(value: unknown): Uint8Array {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : new Uint8Array();
    try {
      decodeTemplate(bytes);
      return bytes;
    } catch {
      throw this.#garbled('template');
    }
  }

  #comparison(value: unknown): Comparison {
    const { scores, fused } = (value ?? {}) as { readonly scores?: unknown; readonly fused?: unknown };
    if (!Array.isArray(scores) || scores.length !== scoreCount || !scores.every(isScore) || !isScore(fused))
      throw this.#garbled('scores');
    return { scores: scores.map(Number), fused };
  }

  #refusal(body: Json): ScanRefusal {
    const { code, message } = (body.error ?? {}) as Json;
    if (typeof code !== 'string' || !refusals.has(code)) throw this.#unexpected(422, body);
    return { ok: false, code: code as ErrorCode, message: String(message ?? code).slice(0, 255) };
  }

  #unexpected(status: number, body: Json): ThenarError {
    if (status === 401 || status === 403) return failed('The verification server refuses the API key.');
    const { code } = (body.error ?? {}) as Json;
    return failed(
      `The verification server answered ${status}${typeof code === 'string' ? ` (${code})` : ''}.`,
    );
  }

  #garbled(what: string): ThenarError {
    return failed(`The verification server's answer is not of its protocol: ${what}.`);
  }
}

export interface RemoteComparisons {
  readonly vendor: string;
  readonly comparisons: readonly Comparison[];
}

function isScore(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function parse(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Json) : {};
  } catch {
    return {};
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function scanWire(scan: Scan): object {
  if (scan.format === 'result') throw new ThenarError('palm_model_mismatch', 'A result is no palm.');
  const { format, data, palmType } = scan;
  const rest =
    scan.format === 'image'
      ? { encoding: scan.encoding, width: scan.width, height: scan.height }
      : { model: scan.model };
  return { format, ...rest, data: base64(data), palm_type: palmType };
}

function failed(message: string): ThenarError {
  return new ThenarError('unavailable', message, { retryAfterMs: limits.remote_retry_ms });
}
