/** Headers that are none, or demand what is not understood; signed as they should be. */
import { forge, type Genuine, type Tokens } from './genuine.ts';

export function headers(genuine: Genuine): Tokens {
  const { header, payload } = genuine;
  const made: Readonly<Record<string, unknown>> = {
    'crit unknown': { ...header, crit: ['http://example.com/x'], 'http://example.com/x': 1 },
    'crit of a registered name': { ...header, crit: ['alg'] },
    'crit empty': { ...header, crit: [] },
    'crit no array': { ...header, crit: 'exp' },
    'crit of what is not there': { ...header, crit: ['exp'] },
    'b64 false': { ...header, b64: false, crit: ['b64'] },
    zipped: { ...header, zip: 'DEF', crit: ['zip'] },
    null: null,
    'an array': [header],
    'a text': JSON.stringify(JSON.stringify(header)),
    'a number': 7,
    nothing: '{}',
    empty: '',
    'not JSON': 'alg=RS256',
    'JSON with a tail': `${JSON.stringify(header)}{}`,
    'JSON with a comment': `/**/${JSON.stringify(header)}`,
    'JSON cut off': JSON.stringify(header).slice(0, -1),
    'a prototype': `{"__proto__":${JSON.stringify(header)}}`,
    'alg twice, none at last': `${JSON.stringify(header).slice(0, -1)},"alg":"none"}`,
    'kid twice, another at last': `${JSON.stringify(header).slice(0, -1)},"kid":"other"}`,
    deep: `${'['.repeat(2_500)}${']'.repeat(2_500)}`,
    'not UTF-8': Buffer.concat([Buffer.from(JSON.stringify(header)), Buffer.of(0xff)]),
    'UTF-16': Buffer.from(JSON.stringify(header), 'utf16le'),
  };
  return Object.fromEntries(
    Object.entries(made).map(([name, value]) => [`header: ${name}`, forge(genuine, value, payload)]),
  );
}
