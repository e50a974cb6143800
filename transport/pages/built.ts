/** What `npm run build` leaves of a page for the listeners: files with the hash of their content in their names. */
import { readFileSync } from 'node:fs';
import { assetPath } from '../../engine/asset.ts';
import type { PageEntry } from './entries.ts';

/** Encodings a file is kept in beside its plain bytes, the best first, with the ending of their files. */
export const encodings = { br: '.br', gzip: '.gz' } as const;
export type Encoding = keyof typeof encodings | 'identity';

export interface BuiltFile {
  readonly type: string;
  /** Strong entity tag, in quotes. */
  readonly etag: string;
  readonly bytes: Readonly<Record<Encoding, Uint8Array>>;
}

export interface BuiltPage {
  readonly index: BuiltFile;
  /** By file name, without a folder: what is not in here is not served, whatever a request spells. */
  readonly files: ReadonlyMap<string, BuiltFile>;
}

/** The list that the build writes beside the files. */
export interface Manifest {
  readonly index: ManifestRow;
  readonly files: readonly ManifestRow[];
}
export interface ManifestRow {
  readonly file: string;
  readonly type: string;
  readonly etag: string;
}

export const MANIFEST = 'manifest.json';

/** Where a page is built into: inside `dist`, which is what the package ships. */
export function builtFolder({ name }: PageEntry, ...more: readonly string[]): string {
  return assetPath('dist', 'transport', 'pages', 'built', name, ...more);
}

/** Reads a page into memory, all of it: a page is some hundred kilobytes. @throws Error when it was never built */
export function readBuiltPage(entry: PageEntry): BuiltPage {
  const { index, files } = JSON.parse(readFileSync(builtFolder(entry, MANIFEST), 'utf8')) as Manifest;
  return {
    index: readBuiltFile(entry, index),
    files: new Map(files.map((row) => [row.file, readBuiltFile(entry, row)])),
  };
}

function readBuiltFile(entry: PageEntry, { file, type, etag }: ManifestRow): BuiltFile {
  const read = (ending: string): Uint8Array => readFileSync(builtFolder(entry, `${file}${ending}`));
  return { type, etag, bytes: { identity: read(''), br: read(encodings.br), gzip: read(encodings.gzip) } };
}
