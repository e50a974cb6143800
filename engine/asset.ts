import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json is missing above the engine');
    folder = parent;
  }
  return folder;
}

const root = packageRoot();

/** Absolute path of a file that ships with the package, the same from sources and from `dist/`. */
export function assetPath(...segments: readonly string[]): string {
  return join(root, ...segments);
}
