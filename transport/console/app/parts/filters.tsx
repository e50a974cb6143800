/** What a list is narrowed to. It lives in the address, so that a reload, a link and the way back find it again. */

import { useEffect, useId, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { Options } from '../../../pages/app/parts/form.tsx';
import { Icon } from '../../../pages/app/parts/icon.tsx';
import type { Query } from '../api/client.ts';
import { withQuery } from '../api/client.ts';
import { t } from '../words/words.ts';

export interface Filters {
  readonly values: Readonly<Record<string, string>>;
  /** Changing a filter goes back to the first page. */
  readonly set: (name: string, value: string) => void;
  readonly turn: (page: number) => void;
  /** For `useResource`. */
  readonly query: Query;
}

const PAGE_SIZE = 25;

export function useFilters(): Filters {
  const { path, query, route } = useLocation();
  const set = (name: string, value: string): void => {
    const { page: _, ...others } = query;
    route(withQuery(path, { ...others, [name]: value }), true);
  };
  return {
    values: query,
    set,
    turn: (page) => route(withQuery(path, { ...query, page: page === 1 ? undefined : page })),
    query: { page_size: PAGE_SIZE, ...query },
  };
}

/** Typing waits for the hand to rest before anything is asked. */
const REST_MS = 300;

/** For an input whose text is a filter: it follows the address, and the address follows it. */
function useTyped(filters: Filters, name: string) {
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  const value = filters.values[name] ?? '';
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => () => clearTimeout(rest.current), []);
  useEffect(() => {
    // The way back, or a link, changes what is searched for; never under the hands of whoever types.
    if (ref.current !== null && document.activeElement !== ref.current) ref.current.value = value;
  }, [value]);
  const typed = (text: string): void => {
    clearTimeout(rest.current);
    const { pathname } = location;
    rest.current = setTimeout(() => {
      // Whoever has gone on meanwhile is not called back.
      if (location.pathname === pathname) filters.set(name, text.trim());
    }, REST_MS);
  };
  return { ref, value, typed };
}

export function Search({ filters, label }: { readonly filters: Filters; readonly label: string }) {
  const id = useId();
  const { ref, value, typed } = useTyped(filters, 'search');
  return (
    <div class="search">
      <Icon name="search" size={16} />
      <label class="sr-only" for={id}>
        {label}
      </label>
      <input
        ref={ref}
        id={id}
        type="search"
        placeholder={label}
        defaultValue={value}
        data-search
        onInput={(event) => typed(event.currentTarget.value)}
      />
    </div>
  );
}

interface Named {
  readonly filters: Filters;
  readonly name: string;
  readonly label: string;
}

/** Only what is exactly so; words of the engine, which run from left to right. */
export function TextFilter({ filters, name, label }: Named) {
  const id = useId();
  const { ref, value, typed } = useTyped(filters, name);
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <input
        ref={ref}
        id={id}
        type="text"
        dir="ltr"
        autocomplete="off"
        defaultValue={value}
        onInput={(event) => typed(event.currentTarget.value)}
      />
    </div>
  );
}

/** A whole day of UTC. */
export function DayFilter({ filters, name, label }: Named) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={filters.values[name] ?? ''}
        onChange={(event) => filters.set(name, event.currentTarget.value)}
      />
    </div>
  );
}

export function Filter({ filters, name, label, options }: Named & { readonly options: Options }) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={filters.values[name] ?? ''}
        onChange={(event) => filters.set(name, event.currentTarget.value)}
      >
        <option value="">{t('all')}</option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
