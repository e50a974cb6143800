/** Epoch milliseconds as RFC 3339 in UTC, the only form of a time on any wire. */
export function timestamp(at: number): string {
  return new Date(at).toISOString();
}

/** As {@link timestamp}; null stays null. */
export function timestampOrNull(at: number | null): string | null {
  return at === null ? null : timestamp(at);
}
