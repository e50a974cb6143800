/**
 * Looks into the memory of another engine: its V8 heaps, as a heap snapshot has them, and every live ArrayBuffer, among
 * them the memories of WebAssembly, in its main thread and in each of its workers.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Runs in the engine, in each of its threads. What is looked for lies there with every byte changed, so that nothing of
 * the search is found.
 */
const PROBE = `
import { Session } from 'node:inspector';
import v8 from 'node:v8';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
const folder = process.env.PROBE_FOLDER;
v8.setFlagsFromString('--heap-snapshot-string-limit=100000000');
const channel = new BroadcastChannel('memory probe');
channel.unref();
const PIECE = 4 * 1024 * 1024;
const starts = new Uint8Array(1 << 24);
const startOf = (bytes) => (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
const isAt = (bytes, at, form) => {
  for (let i = 0; i < form.length; i++) if (bytes[at + i] !== (form[i] ^ 0x5a)) return false;
  return true;
};
const search = (needles, bytes, found) => {
  let start = (bytes[0] << 8) | bytes[1];
  for (let at = 0; at + 2 < bytes.length; at++) {
    start = ((start << 8) | bytes[at + 2]) & 0xffffff;
    if (starts[start] === 0) continue;
    for (const { name, form } of needles) if (isAt(bytes, at, form)) found.add(name);
  }
};
async function look(round) {
  const [how, ...lines] = readFileSync(folder + '/needles', 'utf8').trim().split('\\n');
  const needles = lines.map((line) => {
    const [name, form] = line.split(' ');
    return { name, form: Buffer.from(form, 'base64') };
  });
  for (const { form } of needles) starts[startOf(form) ^ 0x5a5a5a] = 1;
  const heap = new Set();
  let rest = Buffer.alloc(0);
  for await (const chunk of how === 'heap' ? v8.getHeapSnapshot() : []) {
    rest = Buffer.concat([rest, chunk]);
    if (rest.length < PIECE) continue;
    search(needles, rest, heap);
    rest = rest.subarray(rest.length - 1024);
  }
  search(needles, rest, heap);
  rest = null;
  const buffers = new Set();
  const session = new Session();
  session.connect();
  const post = (method, parameters) => { let answer; session.post(method, parameters, (error, result) => { if (error) throw new Error(error.message); answer = result; }); return answer; };
  globalThis.__look = (all) => { for (const each of all) { if (each.byteLength > 0) search(needles, new Uint8Array(each), buffers); } };
  for (const kind of ['ArrayBuffer', 'SharedArrayBuffer']) {
    const { result } = post('Runtime.evaluate', { expression: kind + '.prototype' });
    const { objects } = post('Runtime.queryObjects', { prototypeObjectId: result.objectId });
    post('Runtime.callFunctionOn', { objectId: objects.objectId, functionDeclaration: 'function () { globalThis.__look(this); }' });
    post('Runtime.releaseObject', { objectId: objects.objectId });
  }
  session.disconnect();
  const out = folder + '/' + round + '-' + threadId + '.json';
  writeFileSync(out + '.new', JSON.stringify({ main: isMainThread, heap: [...heap], buffers: [...buffers] }));
  renameSync(out + '.new', out);
}
channel.onmessage = ({ data }) => { look(data).catch((error) => console.error(error)); };
if (isMainThread) {
  let round = 0;
  process.on('SIGUSR2', () => { round += 1; channel.postMessage(round); look(round).catch((error) => console.error(error)); });
}
`;

export interface Looked {
  readonly main: boolean;
  /** Names of what a heap snapshot holds. */
  readonly heap: readonly string[];
  /** Names of what an ArrayBuffer that is alive holds. */
  readonly buffers: readonly string[];
}

export class MemoryProbe {
  readonly #folder: string;
  #round = 0;

  /** @param folder of its own */
  constructor(folder: string) {
    this.#folder = folder;
    writeFileSync(join(folder, 'probe.mjs'), PROBE);
  }

  /** What the engine is started with. */
  get settings(): Readonly<Record<string, string>> {
    return {
      NODE_OPTIONS: `--import ${pathToFileURL(join(this.#folder, 'probe.mjs')).href}`,
      // A worker that sleeps in an atomic wait until its next task would not hear of the search.
      PISCINA_DISABLE_ATOMICS: '1',
      PROBE_FOLDER: this.#folder,
    };
  }

  /**
   * Collects garbage and looks.
   * @param how at live buffers alone, or at heap snapshots too
   * @param threads how many there are at least: the main one and the workers
   */
  async look(
    pid: number,
    needles: Iterable<readonly [string, Buffer]>,
    how: 'buffers' | 'heap',
    threads: number,
  ): Promise<Looked[]> {
    const changed = (bytes: Buffer): string =>
      Buffer.from(bytes.map((byte) => byte ^ 0x5a)).toString('base64');
    const lines = [...needles].map(([name, form]) => `${name.replaceAll(' ', '_')} ${changed(form)}`);
    writeFileSync(join(this.#folder, 'needles.new'), [how, ...lines].join('\n'));
    renameSync(join(this.#folder, 'needles.new'), join(this.#folder, 'needles'));
    this.#round += 1;
    const changes = watch(this.#folder);
    process.kill(pid, 'SIGUSR2');
    let files: readonly string[] = [];
    for await (const _ of changes) {
      files = readdirSync(this.#folder).filter((name) => this.#isOfRound(name));
      if (files.length >= threads) break;
    }
    return files.map((name) => JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as Looked);
  }

  #isOfRound(name: string): boolean {
    return (
      name.startsWith(`${this.#round}-`) && name.endsWith('.json') && existsSync(join(this.#folder, name))
    );
  }
}
