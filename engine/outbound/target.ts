import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { parsedUrl } from './url.ts';

/** Only this block of IPv6 is given out for use on the internet (RFC 4291; IANA's registry). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Answers on the host of every machine at one provider, metadata and credentials included, under a public number. */
const HOST_SERVICES: ReadonlySet<string> = new Set(['168.63.129.16']);

/** The code of the error that {@link guardedLookup} gives for a name without any public address. */
export const ADDRESS_REFUSED = 'ADDRESS_REFUSED';

/**
 * Reads an endpoint that integrator events may be sent to. Judges what the URL itself says; what a name resolves to
 * is judged at every connection, because that can change in between (DNS rebinding).
 * @throws ThenarError `webhook_endpoint_refused` with the reason
 */
export function readEndpoint(endpoint: string, allowPrivate: boolean): URL {
  const url = endpoint.length <= limits.webhook_url_bytes_max ? parsedUrl(endpoint) : null;
  if (url === null) throw refused('The endpoint is not a URL.');
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) {
    throw refused('The endpoint must be an https URL.');
  }
  if (url.username !== '' || url.password !== '') throw refused('The endpoint must not contain credentials.');
  if (url.hash !== '') throw refused('The endpoint must not have a fragment.');
  // The parser has turned decimal, octal and hexadecimal IPv4 forms into dotted ones by now.
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === '') throw refused('The endpoint has no host.');
  if (!allowPrivate && (isLocalName(host) || (ipaddr.isValid(host) && !isPublicAddress(host)))) {
    throw refused('The endpoint must be on a public address.');
  }
  return url;
}

function refused(message: string): ThenarError {
  return new ThenarError('webhook_endpoint_refused', message);
}

/** Names that mean this machine or this network wherever they are resolved (RFC 6761, RFC 6762, RFC 8375). */
function isLocalName(host: string): boolean {
  if (ipaddr.isValid(host)) return false;
  return !host.includes('.') || /\.(localhost|local|internal|home\.arpa)$/.test(host);
}

/**
 * True for addresses of the public internet only. Everything with a special meaning is refused, addresses that carry
 * an IPv4 address within included (mapped, NAT64, 6to4, Teredo, ISATAP).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  if (!(parsed instanceof ipaddr.IPv6)) return !HOST_SERVICES.has(parsed.toString());
  return parsed.zoneId === undefined && parsed.match(GLOBAL_UNICAST) && !isIsatap(parsed);
}

/** Under any prefix, 5efe and then the IPv4 address that a tunnel of this network would take it to (RFC 5214). */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  const [universal = 0, mark] = parts.slice(4);
  return (universal & ~0x0200) === 0 && mark === 0x5efe;
}

export type Resolve = (
  hostname: string,
  options: { readonly all: true; readonly family?: number; readonly hints?: number },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Name resolution for node:net that gives public addresses only. It is the very lookup that the connection uses, so
 * no second resolution can answer differently from the one that was checked.
 */
export function guardedLookup(allowPrivate: boolean, resolve: Resolve = lookup as Resolve): LookupFunction {
  return (hostname, options, done) => {
    const { hints } = options;
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
    resolve(hostname, { all: true, family, ...(hints === undefined ? {} : { hints }) }, (error, found) => {
      if (error !== null) return done(error, []);
      const usable = allowPrivate ? found : found.filter(({ address }) => isPublicAddress(address));
      const [first] = usable;
      if (first === undefined) {
        return done(
          Object.assign(new Error(`${hostname} has no public address`), { code: ADDRESS_REFUSED }),
          [],
        );
      }
      return options.all === true ? done(null, usable) : done(null, first.address, first.family);
    });
  };
}

/**
 * Checks what an integrator wants as X-API-Key before it is stored.
 * @throws ThenarError `validation_failed` when it cannot stand in a header
 */
export function checkApiKey(value: string): void {
  if (value.length > limits.webhook_api_key_bytes_max || !/^[\x21-\x7e]+$/.test(value)) {
    throw new ThenarError(
      'validation_failed',
      `The API key must be 1 to ${limits.webhook_api_key_bytes_max} printable ASCII characters.`,
      { details: { fields: { api_key: 'invalid' } } },
    );
  }
}
