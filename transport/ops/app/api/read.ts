/** Something that is read again every few seconds for as long as it is on screen. */
import { useEffect, useState } from 'preact/hooks';
import { asRefusal, type Refusal } from '../../../pages/app/api/refusal.ts';
import { call, unlocked } from './client.ts';

export interface Read<T> {
  /** What was read last of this path; undefined before the first time. */
  readonly data: T | undefined;
  readonly refusal: Refusal | null;
}

/**
 * @param every milliseconds from the end of one reading to the next
 * @param turn another value reads again at once
 */
export function useRead<T>(path: string, every: number, turn = 0): Read<T> {
  const [read, setRead] = useState<Read<T> & { readonly path: string }>({
    path,
    data: undefined,
    refusal: null,
  });
  const key = unlocked.value;
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = async (): Promise<void> => {
      try {
        const data = await call<T>('GET', path, leaving.signal);
        if (!leaving.signal.aborted) setRead({ path, data, refusal: null });
      } catch (error) {
        if (leaving.signal.aborted) return;
        setRead((before) => ({
          path,
          data: before.path === path ? before.data : undefined,
          refusal: asRefusal(error),
        }));
      }
      timer = setTimeout(() => void again(), every);
    };
    void again();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [path, every, turn, key]);
  return read.path === path ? read : { data: undefined, refusal: null };
}
