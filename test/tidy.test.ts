/** Style rules that are tests: the arrows between folders, file length, banned calls, dead files, unused bounds. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import t from 'tap';
import { assetPath } from '../engine/asset.ts';

const root = assetPath();
const folders = ['engine', 'actors', 'transport', 'storage', 'bench', 'test'] as const;
type Folder = (typeof folders)[number];

interface Source {
  readonly path: string;
  readonly folder: Folder;
  readonly text: string;
  /** Comments taken out, so that prose may name what code may not. */
  readonly code: string;
  readonly imports: readonly string[];
}

const LINES_MAX = 300;

function sources(): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(tsx?|css)$/.test(name))
      .map((name) => read(folder, join(folder, name))),
  );
}

function read(folder: Folder, path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
  const found = code.matchAll(/(?:from|import\(|import|new URL\()\s*'([^']+)'/g);
  const imports = [...found].map(([, target]) => resolveImport(path, target ?? ''));
  return { path, folder, text, code, imports };
}

/** What runs in browsers, and knows nothing of the engine but what its interface says. */
const isApp = (path: string): boolean => /^transport\/([a-z]+\/)+app\//.test(path);

/** A path from the root for our own files, the bare name for packages. */
function resolveImport(from: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(from), target)) : target;
}

const all = sources();
const own = (target: string): Folder | null =>
  folders.find((folder) => target.startsWith(`${folder}/`)) ?? null;
const broken = (rule: (source: Source) => readonly string[]): string[] =>
  all.flatMap((source) => rule(source).map((what) => `${source.path}: ${what}`));

t.test('the arrows between folders hold', async (t) => {
  const allowed: Readonly<Record<Folder, readonly Folder[]>> = {
    engine: ['engine'],
    storage: ['engine', 'storage'],
    actors: ['engine', 'actors'],
    transport: ['engine', 'actors', 'transport'],
    // A bench runs a plain reference of the tests beside what it measures.
    bench: ['engine', 'actors', 'transport', 'storage', 'bench', 'test'],
    test: ['engine', 'actors', 'transport', 'storage', 'bench', 'test'],
  };
  const exceptions: Readonly<Record<string, readonly Folder[]>> = {
    // The composition root's one file that opens storage, and the command that lends out benches and simulators.
    'transport/node/storage.ts': ['storage'],
    'transport/main.ts': ['bench'],
  };
  const wrong = broken((source) =>
    source.imports.filter((target) => {
      const folder = own(target);
      if (folder === null) return false;
      return ![...allowed[source.folder], ...(exceptions[source.path] ?? [])].includes(folder);
    }),
  );
  t.same(wrong, []);
});

t.test(
  'what runs in browsers imports only itself and packages, and nothing that runs here imports it',
  async (t) => {
    const wrong = broken((source) =>
      source.imports.filter((target) => {
        if (own(target) === null) return target.startsWith('node:') && isApp(source.path);
        // The tests hold its idea of the interface against the route tables.
        return source.folder !== 'test' && isApp(source.path) !== isApp(target);
      }),
    );
    t.same(wrong, []);
  },
);

t.test('nact is imported in one folder only', async (t) => {
  const wrong = broken((source) =>
    source.path.startsWith('actors/kernel/') || source.path.startsWith('bench/actors')
      ? []
      : source.imports.filter((target) => target === 'nact'),
  );
  t.same(wrong, []);
});

t.test('OpenTelemetry is read in one folder, and that folder only when somebody traces', async (t) => {
  const wrong = broken(({ path, folder, code, imports }) => {
    if (path.startsWith('transport/tracing/') || folder === 'test') return [];
    const statics = [...code.matchAll(/^import (?!type )[^;]*?from '([^']*\/tracing\/[^']*)'/gm)];
    return [
      ...imports.filter((target) => target.startsWith('@opentelemetry/')),
      ...statics.map(([statement]) => statement),
    ];
  });
  t.same(wrong, []);
});

t.test('transport asks actors through their door', async (t) => {
  const doors = new Set([
    'actors/api.ts',
    'actors/calls.ts',
    'actors/device/protocol.ts',
    'actors/kernel/types.ts',
  ]);
  const wrong = broken((source) => {
    const composes = source.path.startsWith('transport/node/') || source.path.startsWith('transport/cli/');
    if (source.folder !== 'transport' || composes) return [];
    return source.imports.filter((target) => own(target) === 'actors' && !doors.has(target));
  });
  t.same(wrong, []);
});

t.test('no file is longer than anybody reads', async (t) => {
  const long = all
    .filter((source) => !source.path.endsWith('.wasm.ts'))
    // A table of bounds with a sentence each: it is looked things up in, and belongs in one place.
    .filter((source) => source.path !== 'engine/limits.ts')
    .map((source) => [source.path, source.text.split('\n').length - 1] as const)
    .filter(([, lines]) => lines > LINES_MAX);
  t.same(long, []);
});

t.test('clock and chance come in through ports', async (t) => {
  const banned = /\b(Date\.now\(|Math\.random\(|performance\.now\(|setTimeout\(|setInterval\()/;
  const wrong = broken(({ path, folder, code }) => {
    const injected = folder === 'engine' || folder === 'actors';
    if (!injected || path === 'engine/system.ts') return [];
    const [, call] = banned.exec(code) ?? [];
    return call === undefined ? [] : [call];
  });
  t.same(wrong, []);
});

t.test('nothing unfinished is left behind', async (t) => {
  const words = new RegExp(`\\b(${['TO', 'FIX'].join('DO|')}ME|XXX|HACK)\\b|not ${'implemented'}`);
  const wrong = broken(({ text, path }) =>
    path === 'test/tidy.test.ts' || !words.test(text) ? [] : ['unfinished'],
  );
  t.same(wrong, []);
});

t.test('every file is used', async (t) => {
  const imported = new Set(all.flatMap((source) => source.imports));
  const entries =
    /^(transport\/main|transport\/pages\/build|test\/run|engine\/pool\/worker)\.ts$|\.test\.ts$/;
  const started = all.map((source) => source.code).join('\n');
  const dead = all
    .map((source) => source.path)
    .filter((path) => !path.endsWith('.d.ts'))
    .filter((path) => !imported.has(path) && !entries.test(path))
    // Worker entries are started by the name of their compiled file.
    .filter((path) => !started.includes(`${relative(dirname(path), path).replace(/\.ts$/, '.js')}'`))
    // Entries of pages are named by their path.
    .filter((path) => !started.includes(`'${path}'`));
  t.same(dead, []);
});

t.test('every bound binds something', async (t) => {
  const names = [...read('engine', 'engine/limits.ts').code.matchAll(/^ {2}([a-z0-9_]+):/gm)].map(
    ([, name]) => name,
  );
  const code = all
    .filter((source) => source.path !== 'engine/limits.ts' && source.folder !== 'test')
    .map((source) => source.code)
    .join('\n');
  t.same(
    names.filter((name) => name !== undefined && !new RegExp(`\\b${name}\\b`).test(code)),
    [],
  );
});
