/** Something that a page shows: read when it is shown, read again when it changed, kept meanwhile. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asRefusal, type Refusal } from '../../../pages/app/api/refusal.ts';
import { get, type Pagination, type Query, withQuery } from './client.ts';
import { type Kind, onChange } from './live.ts';
import { tenantId } from './session.ts';

export interface Resource<T> {
  /** Undefined until it was read once. */
  readonly data: T | undefined;
  readonly pagination: Pagination | undefined;
  readonly refusal: Refusal | null;
  readonly reload: () => void;
}

interface Watching {
  /** Changes of these kinds mean that it has to be read again. */
  readonly watch?: readonly Kind[];
  /** Only changes of this thing do. */
  readonly id?: string;
}

interface Read<T> {
  readonly address: string | null;
  readonly data?: T;
  readonly pagination?: Pagination;
  readonly refusal: Refusal | null;
}

/** Changes that come faster than this are one reading. */
const SETTLE_MS = 250;

/** @param path null: nothing to read yet */
export function useResource<T>(path: string | null, query: Query = {}, watching: Watching = {}): Resource<T> {
  const target = path === null ? null : withQuery(path, query);
  const address = target === null ? null : `${tenantId.value ?? ''} ${target}`;
  const [read, setRead] = useState<Read<T>>({ address: null, refusal: null });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const kinds = watching.watch?.join(' ') ?? '';
  const { id } = watching;

  useEffect(() => {
    if (target === null) return;
    const leaving = new AbortController();
    get<T>(target, undefined, leaving.signal).then(
      ({ data, pagination }) =>
        setRead({ address, data, refusal: null, ...(pagination === undefined ? {} : { pagination }) }),
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        setRead((before) => ({
          ...(before.address === address ? before : {}),
          address,
          refusal: asRefusal(error),
        }));
      },
    );
    return () => leaving.abort();
  }, [address, turn]);

  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (kinds === '') return;
    const watched = new Set(kinds.split(' '));
    const stop = onChange((changes) => {
      const concerned =
        changes === undefined ||
        changes.some(
          (change) =>
            watched.has(change.kind) && (id === undefined || change.id === null || change.id === id),
        );
      if (!concerned || waiting.current !== null) return;
      waiting.current = setTimeout(() => {
        waiting.current = null;
        reload();
      }, SETTLE_MS);
    });
    return () => {
      stop();
      if (waiting.current !== null) clearTimeout(waiting.current);
      waiting.current = null;
    };
  }, [kinds, id]);

  // What was read for another address is not this one's, not even for a moment; another page of it is, greyed out.
  const same = read.address === address;
  return {
    data: same ? read.data : undefined,
    pagination: same ? read.pagination : undefined,
    refusal: same ? read.refusal : null,
    reload,
  };
}
