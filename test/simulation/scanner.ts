/** A scanner by the book: it knows what it was shown, its epoch and the last sequence it has seen. */
import type { DeviceCall } from '../../actors/calls.ts';
import { sessionCommands } from '../../actors/commands/sessions.ts';
import type { DeviceLink, Push, SessionOpened } from '../../actors/device/protocol.ts';
import type { EngineLife } from './life.ts';

/** One connection as the engine should have it. */
interface Socket {
  readonly life: EngineLife;
  /** The engine has not closed it. */
  open: boolean;
  /** The scanner has, and the engine was told. */
  left: boolean;
}

export class SimulatedScanner {
  readonly shown = new Set<string>();
  /** What each sequence of an epoch said. */
  readonly said = new Map<string, string>();
  pushSeen: (push: Push) => void = () => {};
  broken: (what: string) => void = () => {};
  /** Of the last session that was opened. */
  opened: SessionOpened | null = null;
  #socket: Socket | null = null;
  #life: EngineLife | null = null;
  #held: Push[] | null = null;
  #unacknowledged: number[] = [];
  #sessionId: string | null = null;
  #epoch: string | null = null;
  #lastSeq = 0;
  #connection = 0;

  get connected(): boolean {
    return this.#sessionId !== null && this.#life?.alive === true;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** @param resumes false: it lost what it knew, as after its own restart */
  async connect(life: EngineLife, call: DeviceCall, resumes = true): Promise<SessionOpened | null> {
    this.disconnect();
    if (!resumes) this.#epoch = null;
    this.#connection += 1;
    const connection = this.#connection;
    this.#life = life;
    this.#held = [];
    const socket: Socket = { life, open: true, left: false };
    const link: DeviceLink = {
      push: (push) => {
        if (!life.alive) return;
        if (!socket.open) this.broken('a frame was sent to a socket that the engine had closed');
        if (connection === this.#connection) this.#push(push);
      },
      close: () => {
        socket.open = false;
        if (connection === this.#connection) this.disconnect();
      },
    };
    const resume = this.#epoch === null ? {} : { epoch: this.#epoch, lastSeq: this.#lastSeq };
    const opened = await sessionCommands(life.context).open(call, link, resume);
    const before = this.#socket;
    if (before !== null && before.life === life && before.open && !before.left)
      this.broken('two live connections');
    this.#socket = socket;
    if (connection !== this.#connection) {
      socket.left = true;
      sessionCommands(life.context).closed(call, opened.sessionId);
      return null;
    }
    this.#begin(opened);
    return opened;
  }

  #begin(opened: SessionOpened): void {
    this.opened = opened;
    this.#sessionId = opened.sessionId;
    this.#epoch = opened.epoch;
    if (!opened.resumed) this.#lastSeq = opened.lastSeq;
    else if (opened.lastSeq !== this.#lastSeq) this.broken('resumed elsewhere than asked');
    const pending = new Set(opened.pending.map((challenge) => challenge.challengeId));
    for (const id of this.shown) if (!pending.has(id)) this.shown.delete(id);
    for (const id of pending) this.shown.add(id);
    const held = this.#held ?? [];
    this.#held = null;
    for (const push of held) this.#push(push);
  }

  #push(push: Push): void {
    if (this.#held !== null) {
      this.#held.push(push);
      return;
    }
    if (push.seq <= this.#lastSeq) this.broken(`seq ${push.seq} after ${this.#lastSeq}`);
    this.#lastSeq = push.seq;
    this.#unacknowledged.push(push.seq);
    const text = push.method === 'challenge.present' ? push.challenge.challengeId : JSON.stringify(push);
    const place = `${this.#epoch}/${push.seq}`;
    const earlier = this.said.get(place);
    if (earlier !== undefined && earlier !== text) this.broken(`seq ${push.seq} said two things`);
    this.said.set(place, text);
    if (push.method === 'challenge.present') this.shown.add(push.challenge.challengeId);
    if (push.method === 'challenge.cancel') this.shown.delete(push.challengeId);
    this.pushSeen(push);
  }

  acknowledge(call: DeviceCall): void {
    const seq = this.#unacknowledged.shift();
    if (seq === undefined || !this.connected || this.#life === null) return;
    sessionCommands(this.#life.context).acknowledge(call, this.#sessionId ?? '', seq);
  }

  disconnect(): void {
    this.#connection += 1;
    this.#unacknowledged = [];
    this.#held = null;
    this.#sessionId = null;
  }

  /** The socket's end as transport tells it. */
  hangUp(call: DeviceCall): void {
    const [life, sessionId] = [this.#life, this.#sessionId];
    this.disconnect();
    if (sessionId !== null && this.#socket !== null) this.#socket.left = true;
    if (life?.alive === true && sessionId !== null) sessionCommands(life.context).closed(call, sessionId);
  }
}
