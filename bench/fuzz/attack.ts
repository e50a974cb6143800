/** One engine and everything that is sent to it, in portions between which it is looked at. */
import { type Peer, startPeer } from '../harness/peer.ts';
import { Draw } from './draw.ts';
import type { EngineAsk, EngineReady, EngineSettings, EngineState } from './engine.ts';
import type { Findings } from './finding.ts';
import { SlowClients } from './slow.ts';
import { makeWorld, tlsConnector, type World } from './world.ts';

/** A sender of inputs of one surface. */
export interface Lane {
  readonly counts: Readonly<Record<string, number>>;
  /** Takes one input; it need not be judged before {@link settle}. */
  run(draw: Draw, number: number): Promise<void>;
  /** Judges what was taken and has not been judged. */
  settle?(): Promise<void>;
  close(): void;
}

export interface Surface {
  readonly name: string;
  /** Tells its draws from those of other surfaces under the same seed. */
  readonly key: number;
  /** Of all inputs of this engine, so many in a hundred. */
  readonly share: number;
  readonly lanes: readonly Lane[];
}

/** Scanners that send frames and device requests, and one that is only slow. */
const SCANNERS = 24;
const SLOW_EACH = 5;

export class AttackedEngine {
  readonly ready: EngineReady;
  readonly world: World;
  readonly #peer: Peer<EngineReady>;
  readonly #slow: SlowClients;
  #died = false;

  private constructor(peer: Peer<EngineReady>, world: World, slow: SlowClients) {
    this.#peer = peer;
    this.ready = peer.ready;
    this.world = world;
    this.#slow = slow;
    peer.process.once('exit', () => {
      this.#died = true;
    });
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<AttackedEngine> {
    const settings: EngineSettings = { environment };
    const peer = await startPeer<EngineReady>(new URL('./engine.js', import.meta.url), settings);
    try {
      const world = await makeWorld(peer.ready, SCANNERS + 1);
      const told: EngineAsk = { kind: 'secrets', secrets: world.secrets };
      await peer.ask(told);
      const [last] = world.scanners.slice(-1);
      if (last === undefined) throw new Error('no scanner was paired');
      const slow = await SlowClients.open(
        peer.ready,
        SLOW_EACH,
        tlsConnector(peer.ready.deviceUrl, 200, last),
      );
      return new AttackedEngine(peer, world, slow);
    } catch (error) {
      await peer.stop();
      throw error;
    }
  }

  async state(): Promise<EngineState> {
    const ask: EngineAsk = { kind: 'state' };
    return (await this.#peer.ask(ask)) as EngineState;
  }

  /** Sends the inputs of a surface from one number to before another, shared out between its lanes. */
  async send(surface: Surface, seed: number, from: number, until: number): Promise<void> {
    let next = from;
    await Promise.all(
      surface.lanes.map(async (lane) => {
        for (let number = next++; number < until; number = next++) {
          if (this.#died) throw new Error(`the engine ended before input ${number} of ${surface.name}`);
          await lane.run(new Draw(seed, surface.key, number), number);
        }
        await lane.settle?.();
      }),
    );
  }

  /** Whether all of it still serves, and every slow client was cut off; what does not is a finding. */
  async settle(findings: Findings): Promise<number> {
    const found = (what: string): void =>
      findings.add({ surface: 'engine', number: 0, what, input: new Uint8Array() });
    for (const name of await this.#slow.left()) found(`a slow client (${name}) was not cut off`);
    const { publicUrl, opsUrl } = this.ready;
    for (const url of [new URL('/readyz', opsUrl), new URL('/.well-known/jwks.json', publicUrl)]) {
      const { status } = await fetch(url);
      if (status !== 200) found(`${url.pathname} answered ${status} afterwards`);
    }
    return this.#slow.count;
  }

  async stop(): Promise<void> {
    this.#slow.close();
    await this.#peer.stop();
  }
}
