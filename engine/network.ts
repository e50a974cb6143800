/** Where callers come from, as far as it can be counted. */
import ipaddr from 'ipaddr.js';

/**
 * What one party has for free: of IPv6 a whole /64 at least, so that all of its addresses are one caller; of IPv4 the
 * address itself. Whatever is no address stands as it is.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address;
  const { parts } = ipaddr.IPv6.parse(address);
  const prefix = parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
