/** Where somebody is: in the address after the `#`, so that a reload, a link and the way back find it again. */
import { signal } from '@preact/signals';

export const views = ['actors', 'shards', 'connections', 'letters'] as const;
export type ViewName = (typeof views)[number];

export interface Place {
  readonly view: ViewName;
  /** Address of the actor that is looked into. */
  readonly actor: string | null;
}

function read(): Place {
  const [, name = '', actor] = /^#\/([a-z]*)(?:\/(.+))?$/.exec(location.hash) ?? [];
  const view = views.find((each) => each === name) ?? 'actors';
  return { view, actor: view === 'actors' && actor !== undefined ? decodeURIComponent(actor) : null };
}

export const place = signal<Place>(read());
addEventListener('hashchange', () => {
  place.value = read();
});

export function at(view: ViewName, actor?: string): string {
  return `#/${view}${actor === undefined ? '' : `/${encodeURIComponent(actor)}`}`;
}

/** Another actor beside the same list is no step of the way back. */
export function look(actor: string | null): void {
  history.replaceState(null, '', at('actors', actor ?? undefined));
  place.value = read();
}
