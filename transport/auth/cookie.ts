/** The console session's cookie. */
export const SESSION_COOKIE = 'thenar_session';

/** The value of one cookie of a Cookie header, or null. */
export function cookieOf(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const [key, ...value] = pair.split('=');
    if (key?.trim() === name) return value.join('=').trim();
  }
  return null;
}

/** Unreadable to scripts, never sent from another site, and only over TLS once there is TLS. */
export function sessionCookie(value: string, lifeS: number, secure: boolean): string {
  return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${lifeS}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
