/**
 * The last step of `npm run build`: bundles every page of `entries.ts` for browsers, names each file by the hash of
 * its content, and compresses it once, so that serving is copying bytes.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { assetPath } from '../../engine/asset.ts';
import { builtFolder, encodings, MANIFEST, type Manifest, type ManifestRow } from './built.ts';
import { type PageEntry, pageEntries } from './entries.ts';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};

/** Bundles one page and returns its files in memory. */
async function bundle(entry: PageEntry): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: assetPath(),
    entryPoints: [entry.source, entry.icon],
    outdir: builtFolder(entry),
    publicPath: `${entry.base}assets/`,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'eof',
    logLevel: 'warning',
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}

/** The one file whose name never changes: it names the others. Nothing is inline, as the policy demands. */
function indexOf(entry: PageEntry, names: readonly string[]): string {
  const from = (source: string, ending: string): string[] =>
    names.filter((name) => name.startsWith(`${basename(source, extname(source))}-`) && name.endsWith(ending));
  const at = (name: string): string => `${entry.base}assets/${name}`;
  const head = [
    ...from(entry.icon, '.svg').map((name) => `<link rel="icon" type="image/svg+xml" href="${at(name)}">`),
    ...from(entry.source, '.css').map((name) => `<link rel="stylesheet" href="${at(name)}">`),
    ...from(entry.source, '.js').map((name) => `<script type="module" src="${at(name)}"></script>`),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${entry.title}</title>
${head.join('\n')}
</head>
<body><div id="app"></div></body>
</html>
`;
}

/** Writes a file with its compressed forms, unless this very content is there already. */
function write(entry: PageEntry, file: string, contents: Uint8Array): ManifestRow {
  const digest = createHash('sha256').update(contents).digest('base64url').slice(0, 27);
  const named = file !== 'index.html';
  if (!named || !existsSync(builtFolder(entry, `${file}${encodings.br}`))) {
    writeFileSync(builtFolder(entry, file), contents);
    writeFileSync(builtFolder(entry, `${file}${encodings.gzip}`), gzipSync(contents, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: contents.byteLength };
    writeFileSync(builtFolder(entry, `${file}${encodings.br}`), brotliCompressSync(contents, { params }));
  }
  return { file, type: types[extname(file)] ?? 'application/octet-stream', etag: `"${digest}"` };
}

async function buildPage(entry: PageEntry): Promise<void> {
  mkdirSync(builtFolder(entry), { recursive: true });
  const contents = await bundle(entry);
  const files = [...contents].map(([file, bytes]) => write(entry, file, bytes));
  const html = Buffer.from(indexOf(entry, [...contents.keys()]));
  const manifest: Manifest = { index: write(entry, 'index.html', html), files };
  writeFileSync(builtFolder(entry, MANIFEST), JSON.stringify(manifest, null, 2));
  const kept = new Set([MANIFEST]);
  for (const { file } of [manifest.index, ...files]) {
    for (const ending of ['', ...Object.values(encodings)]) kept.add(`${file}${ending}`);
  }
  for (const name of readdirSync(builtFolder(entry))) if (!kept.has(name)) rmSync(builtFolder(entry, name));
}

await Promise.all(pageEntries.map(buildPage));
