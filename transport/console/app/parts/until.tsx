/** A page of one thing until that is there: its heading, and grey lines or what went wrong. */
import type { ComponentChildren } from 'preact';
import { Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import type { Resource } from '../api/resource.ts';

export function Until<T>({
  resource: { data, refusal, reload },
  lines = 4,
  children,
}: {
  readonly resource: Resource<T>;
  readonly lines?: number;
  readonly children: (data: T) => ComponentChildren;
}) {
  if (data !== undefined) return <>{children(data)}</>;
  return refusal === null ? <Skeleton lines={lines} /> : <Problem refusal={refusal} retry={reload} />;
}
