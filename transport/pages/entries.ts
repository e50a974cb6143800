/** Every page that is built for browsers: a row here, and `npm run build` bundles it and a listener can serve it. */

export interface PageEntry {
  /** The folder it is built into, and the beginning of its operations' names. */
  readonly name: string;
  /** Where its program begins, from the root of the repository. */
  readonly source: string;
  /** Its picture in tabs, an SVG. */
  readonly icon: string;
  /** Where it is served, with a slash at both ends; `/` for a listener's root. */
  readonly base: string;
  readonly title: string;
  /** Whether paths below the base, without a dot, are the page's own to show. */
  readonly deep: boolean;
}

export const consolePage: PageEntry = {
  name: 'console',
  source: 'transport/console/app/main.tsx',
  icon: 'transport/pages/app/look/icon.svg',
  base: '/console/',
  title: 'Thenar',
  deep: true,
};

/** For operators, at the root of the ops listener. */
export const inspectorPage: PageEntry = {
  name: 'inspector',
  source: 'transport/ops/app/main.tsx',
  icon: 'transport/pages/app/look/icon.svg',
  base: '/',
  title: 'Thenar inspector',
  deep: false,
};

export const pageEntries: readonly PageEntry[] = [consolePage, inspectorPage];
