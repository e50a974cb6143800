/** An engine as a process of its own, for tests that kill it. */
import { spawn } from 'node:child_process';
import tap from 'tap';
import { type EngineProcess, startEngineProcess } from '../../bench/demo/engine.ts';
import { assetPath } from '../../engine/asset.ts';
import { Administered, type EngineUrls, FILE_TIMEOUT_MS, settingsFor } from './node.ts';
import { readyDataDir } from './store.ts';

export interface CommandEnd {
  /** Its exit code, or what killed it. */
  readonly code: number | NodeJS.Signals | null;
  readonly out: string;
}

export class SpawnedNode extends Administered {
  readonly dataDir: string;
  #settings: Readonly<Record<string, string>>;
  #process: EngineProcess | null = null;
  #urls: EngineUrls = { publicUrl: '', deviceUrl: '' };
  /** Of the listener of operators. */
  opsUrl = '';
  /** All that it said on standard error, in all its lives. */
  logged = '';

  private constructor(dataDir: string, settings: Readonly<Record<string, string>>) {
    super();
    this.dataDir = dataDir;
    this.#settings = settings;
  }

  /** Started on an empty cluster; whatever runs at the end of the test file is killed. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<SpawnedNode> {
    tap.setTimeout(FILE_TIMEOUT_MS);
    const node = new SpawnedNode(await readyDataDir('spawned'), settings);
    tap.teardown(() => node.kill());
    await node.start();
    return node;
  }

  get urls(): EngineUrls {
    return this.#urls;
  }

  get pid(): number {
    return this.#process?.process.pid ?? 0;
  }

  async outbox() {
    const reply = await fetch(new URL('/outbox', this.opsUrl));
    const { messages } = (await reply.json()) as { messages: { to: string; text: string }[] };
    return messages;
  }

  /** On the same data, and on the same ports as before. @param changed settings from now on */
  async start(changed: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...changed };
    const port = (url: string) => (url === '' ? '0' : new URL(url).port);
    const { publicUrl, deviceUrl } = this.#urls;
    const ports = { public: port(publicUrl), device: port(deviceUrl) };
    this.#process = await startEngineProcess({ ...settingsFor(this.dataDir, ports), ...this.#settings });
    const { ready } = this.#process;
    this.#process.process.stderr?.on('data', (text: string) => {
      this.logged += text;
    });
    this.opsUrl = ready.ops;
    this.#urls = { publicUrl: ready.public, deviceUrl: ready.device };
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = null;
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const code = (await this.#process?.stop()) ?? null;
    this.#process = null;
    return code;
  }

  /** Runs a command of `thenar` on this engine's data dir. */
  command(...args: readonly string[]): Promise<CommandEnd> {
    return this.commandWith({}, ...args);
  }

  /** As {@link command}, with more in its environment than this engine's settings. */
  commandWith(more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<CommandEnd> {
    const child = spawn(process.execPath, [assetPath('dist', 'transport', 'main.js'), ...args], {
      env: { ...process.env, ...settingsFor(this.dataDir), ...this.#settings, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      out += text.toString();
    });
    return new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code: code ?? signal, out })),
    );
  }
}
