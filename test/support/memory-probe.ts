/**
 * Looks into the memory of another engine: its V8 heaps, as a heap snapshot has them, and every live ArrayBuffer, among
 * them the memories of WebAssembly, in its main thread and in each of its workers.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from './tenant.ts';

/**
 * Runs in the engine, in each of its threads. What is looked for lies there with every byte changed, so that nothing of
 * the search is found; hay is changed alike, a piece at a time.
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
const changed = (bytes) => { const copy = Buffer.alloc(bytes.length); for (let i = 0; i < copy.length; i++) copy[i] = bytes[i] ^ 0x5a; return copy; };
const search = (needles, bytes, found) => {
  for (let from = 0; from < bytes.length; from += PIECE) {
    const piece = changed(bytes.subarray(from, from + PIECE + 1024));
    for (const { name, form } of needles) if (piece.includes(form)) found.add(name);
  }
};
async function look(round) {
  const needles = readFileSync(folder + '/needles', 'utf8').trim().split('\\n').map((line) => {
    const [name, form] = line.split(' ');
    return { name, form: Buffer.from(form, 'base64') };
  });
  const heap = new Set();
  let rest = Buffer.alloc(0);
  for await (const chunk of v8.getHeapSnapshot()) {
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
   * @param threads how many there are at least: the main one and the workers
   */
  async look(pid: number, needles: Iterable<readonly [string, Buffer]>, threads: number): Promise<Looked[]> {
    const changed = (bytes: Buffer): string =>
      Buffer.from(bytes.map((byte) => byte ^ 0x5a)).toString('base64');
    const lines = [...needles].map(([name, form]) => `${name.replaceAll(' ', '_')} ${changed(form)}`);
    writeFileSync(join(this.#folder, 'needles.new'), lines.join('\n'));
    renameSync(join(this.#folder, 'needles.new'), join(this.#folder, 'needles'));
    this.#round += 1;
    process.kill(pid, 'SIGUSR2');
    const files = await eventually(
      async () => readdirSync(this.#folder).filter((name) => this.#isOfRound(name)),
      (found) => found.length >= threads,
    );
    return files.map((name) => JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as Looked);
  }

  #isOfRound(name: string): boolean {
    return (
      name.startsWith(`${this.#round}-`) && name.endsWith('.json') && existsSync(join(this.#folder, name))
    );
  }
}
