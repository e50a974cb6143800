import { EventEmitter } from 'node:events';
import type { RawData, WebSocket } from 'ws';
import type { Clock, Random } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { openSocket, TlsMemory } from './connect.ts';
import { finalCodes, type ScannerClientOptions, type ScannerEvents, waitBeforeRetry } from './options.ts';
import { type Credentials, ScannerError } from './pair.ts';
import { Calls, type Notice, readNotice } from './rpc.ts';
import {
  binaryFrame,
  type ChallengeShown,
  type CompletionShown,
  packScans,
  type SentScan,
  type SessionShown,
  type TransactionShown,
} from './wire.ts';

/** A scanner's side of the protocol, as an integrator would write it. */
export class ScannerClient extends EventEmitter<ScannerEvents> {
  readonly #options: ScannerClientOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tls = new TlsMemory();
  readonly #calls: Calls;
  readonly #shown = new Map<string, ChallengeShown>();
  #credentials: Credentials;
  #socket: WebSocket | null = null;
  #session: SessionShown | null = null;
  #epoch: string | null = null;
  #lastSeq = 0;
  #attempts = 0;
  #stopped = false;
  #cancelRetry: (() => void) | null = null;
  #cancelWatch: (() => void) | null = null;

  constructor(options: ScannerClientOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#credentials = options.credentials;
    this.#calls = new Calls(this.#clock, options.callTimeoutMs ?? 15_000);
  }

  /** The open session, or null while there is none. */
  get session(): SessionShown | null {
    return this.#session;
  }

  /** Whether the last connection resumed its TLS session. */
  get tlsResumed(): boolean {
    return this.#tls.resumed;
  }

  /** Challenges shown to this scanner and not yet answered or cancelled. */
  get open(): readonly ChallengeShown[] {
    return [...this.#shown.values()];
  }

  /** Connects and opens the session. @throws ScannerError `closed` with the close code, or the engine's code */
  async connect(): Promise<SessionShown> {
    this.#stopped = false;
    const socket = openSocket(this.#options.deviceUrl, this.#credentials, this.#tls);
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(socket, data));
    socket.on('ping', () => this.#watch(socket));
    const failed = new Promise<never>((_resolve, reject) => {
      socket.on('error', reject);
      socket.once('close', (code, reason) => {
        reject(new ScannerError('closed', `closed ${code} ${reason.toString()}`, { code }));
        this.#closed(socket, code, reason.toString());
      });
    });
    failed.catch(() => {}); // Told by the 'closed' event too; nobody may be waiting here any more.
    const opened = new Promise<void>((resolve) => socket.once('open', () => resolve()));
    await Promise.race([opened, failed]);
    const resume = this.#epoch === null ? {} : { epoch: this.#epoch, last_seq: this.#lastSeq };
    const open = this.#start(socket, 'session.open', resume, undefined, (session) =>
      this.#opened(socket, session as SessionShown),
    );
    try {
      return (await Promise.race([open, failed])) as SessionShown;
    } catch (error) {
      open.catch(() => {});
      socket.terminate();
      throw error;
    }
  }

  /** Ends the connection and does not come back. */
  async close(): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry?.();
    const socket = this.#socket;
    if (socket === null || socket.readyState === socket.CLOSED) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.close(1000);
    await closed;
  }

  /** Cuts the connection as a pulled cable does; reconnects when that is on. */
  drop(): void {
    this.#socket?.terminate();
  }

  /** Any call of the protocol. @throws ScannerError with the engine's code, `timeout` or `closed` */
  call(method: string, params: object, payload?: Uint8Array): Promise<unknown> {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== socket.OPEN) {
      return Promise.reject(new ScannerError('closed', 'There is no connection.'));
    }
    return this.#start(socket, method, params, payload);
  }

  #start(
    socket: WebSocket,
    method: string,
    params: object,
    payload?: Uint8Array,
    at?: (result: unknown) => void,
  ): Promise<unknown> {
    return this.#calls.start((id) => {
      const message = { jsonrpc: '2.0', id, method, params };
      if (payload === undefined) socket.send(JSON.stringify(message));
      else socket.send(binaryFrame(message, payload));
    }, at);
  }

  async list(): Promise<readonly ChallengeShown[]> {
    const { challenges } = (await this.call('challenge.list', {})) as { challenges: ChallengeShown[] };
    return challenges;
  }

  async accept(challengeId: string): Promise<ChallengeShown> {
    return (await this.call('challenge.accept', { challenge_id: challengeId })) as ChallengeShown;
  }

  async reject(challengeId: string, reason: string): Promise<void> {
    await this.call('challenge.reject', { challenge_id: challengeId, reason });
    this.#shown.delete(challengeId);
  }

  /** Answers a challenge with scans; their bytes travel in a binary frame. */
  async complete(
    challengeId: string,
    scans: readonly SentScan[],
    idempotencyKey: string = this.#random.uuid(),
  ): Promise<CompletionShown> {
    const { params, payload } = packScans(scans);
    const call = { challenge_id: challengeId, idempotency_key: idempotencyKey, ...params };
    const completion = (await this.call('challenge.complete', call, payload)) as CompletionShown;
    this.#shown.delete(challengeId);
    return completion;
  }

  /** A person shows a palm unasked: who is it, and may the bound product go ahead? */
  async transaction(
    scan: SentScan,
    context: object,
    idempotencyKey: string = this.#random.uuid(),
  ): Promise<TransactionShown> {
    const { params, payload } = packScans([scan]);
    const call = { ...params, context, idempotency_key: idempotencyKey };
    return (await this.call('transaction.create', call, payload)) as TransactionShown;
  }

  async enrol(
    userId: string,
    scans: readonly SentScan[],
  ): Promise<{ readonly feature_ids: readonly string[] }> {
    const { params, payload } = packScans(scans);
    const reply = await this.call('palm.enroll', { user_id: userId, ...params }, payload);
    return reply as { feature_ids: readonly string[] };
  }

  async report(facts: object): Promise<void> {
    await this.call('device.report', facts);
  }

  /** Sends a request for a new key; the credentials returned are used from the next connection on. */
  async renew(key: { readonly keyPem: string; readonly csrPem: string }): Promise<Credentials> {
    const reply = (await this.call('certificate.renew', { csr: key.csrPem })) as {
      readonly certificate: string;
      readonly ca_chain: string;
      readonly expires_at: string;
    };
    this.#credentials = {
      ...this.#credentials,
      keyPem: key.keyPem,
      certificatePem: reply.certificate,
      caChainPem: reply.ca_chain,
      expiresAt: reply.expires_at,
    };
    // A remembered TLS session would keep presenting the old certificate.
    this.#tls.session = null;
    return this.#credentials;
  }

  // --- From the engine ------------------------------------------------------------------------------------

  #receive(socket: WebSocket, data: RawData): void {
    const message = JSON.parse(data.toString()) as Record<string, unknown>;
    const notice = readNotice(message);
    if (notice === null) {
      this.#calls.answer(message);
      return;
    }
    // A repeat is acknowledged again and otherwise ignored: the first acknowledgement may have been lost.
    if (notice.seq > this.#lastSeq) {
      this.#lastSeq = notice.seq;
      this.#take(notice);
    }
    if (socket.readyState === socket.OPEN) {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: notice.id, result: {} }));
    }
  }

  #take(notice: Notice): void {
    switch (notice.method) {
      case 'challenge.present':
        this.#present(notice.params.challenge as ChallengeShown);
        break;
      case 'challenge.cancel':
        this.#cancel(String(notice.params.challenge_id), String(notice.params.reason));
        break;
      case 'config.update':
        this.emit('config', notice.params.config);
        break;
      case 'certificate.renew_due':
        this.emit('renewDue', String(notice.params.expires_at));
        break;
    }
  }

  #present(challenge: ChallengeShown): void {
    if (this.#shown.has(challenge.challenge_id)) return;
    this.#shown.set(challenge.challenge_id, challenge);
    this.emit('present', challenge);
  }

  #cancel(challengeId: string, reason: string): void {
    if (this.#shown.delete(challengeId)) this.emit('cancel', { challenge_id: challengeId, reason });
  }

  #opened(socket: WebSocket, session: SessionShown): void {
    this.#session = session;
    this.#attempts = 0;
    if (!session.resumed) this.#lastSeq = session.last_seq;
    this.#epoch = session.epoch;
    this.#watch(socket);
    this.emit('open', session);
    // `pending` is the whole truth: what it does not list has ended while this scanner was away.
    const pending = new Set(session.pending.map((challenge) => challenge.challenge_id));
    for (const id of [...this.#shown.keys()]) if (!pending.has(id)) this.#cancel(id, 'gone');
    for (const challenge of session.pending) this.#present(challenge);
  }

  // --- The end of a connection ----------------------------------------------------------------------------

  /** An engine that misses two heartbeats is gone, though TCP may not know for minutes. */
  #watch(socket: WebSocket): void {
    this.#cancelWatch?.();
    const silenceMs = (this.#session?.heartbeat_s ?? 20) * 2_500;
    this.#cancelWatch = this.#clock.after(silenceMs, () => socket.terminate());
  }

  #closed(socket: WebSocket, code: number, reason: string): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#session = null;
    this.#cancelWatch?.();
    this.#calls.failAll(new ScannerError('closed', `closed ${code} ${reason}`, { code }));
    const wanted = this.#options.reconnect !== false && !this.#stopped;
    const willReconnect = wanted && !finalCodes.has(code);
    this.emit('closed', { code, reason, willReconnect });
    if (willReconnect && !this.#stopped) this.#retryLater(code);
  }

  #retryLater(code: number): void {
    const wait = waitBeforeRetry(code, this.#attempts, this.#options, this.#random);
    this.#attempts += 1;
    this.#cancelRetry = this.#clock.after(wait, () => {
      // A failed attempt closes its socket, which leads back here.
      this.connect().catch(() => {});
    });
  }
}
