import { forge, type Genuine, type Tokens } from './genuine.ts';

/** Signed as it should be: what a signer that can be talked into signing anything would give. */
export function payloads(genuine: Genuine): Tokens {
  const { header, payload } = genuine;
  const seconds = Number(payload.iat);
  const numbers = ['exp', 'iat', 'nbf'].flatMap((claim) =>
    [`${seconds + 60}`, null, true, [seconds + 60], { a: 1 }].map((value): [string, unknown] => [
      `${claim} ${JSON.stringify(value)}`,
      { ...payload, [claim]: value },
    ]),
  );
  const without = (claim: string): [string, unknown] => [
    `without ${claim}`,
    { ...payload, [claim]: undefined },
  ];
  const raw = (claim: string, value: string): string =>
    JSON.stringify({ ...payload, [claim]: undefined }).replace('{', `{"${claim}":${value},`);
  const made: readonly (readonly [string, unknown])[] = [
    ...numbers,
    ...['exp', 'sub', 'iss', 'aud'].map(without),
    ['null', 'null'],
    ['an array', [payload]],
    ['a text', JSON.stringify('text')],
    ['a number', '7'],
    ['empty', ''],
    ['not JSON', 'sub=1'],
    ['a token within', forge(genuine, header, payload)],
    ['a token within, as JSON', JSON.stringify(forge(genuine, header, payload))],
    ['deep', `{"a":${'['.repeat(2_500)}${']'.repeat(2_500)}}`],
    [
      'not UTF-8',
      Buffer.concat([
        Buffer.from(JSON.stringify(payload).slice(0, -1)),
        Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      ]),
    ],
    ['JSON with a tail', `${JSON.stringify(payload)}x`],
    ['a prototype', `{"__proto__":${JSON.stringify(payload)}}`],
    ['exp negative', { ...payload, exp: -1 }],
    ['exp zero', { ...payload, exp: 0 }],
    ['exp past', { ...payload, exp: seconds - 60 }],
    ['exp past, a fraction', { ...payload, exp: seconds - 5.5 }],
    ['exp beyond numbers', raw('exp', '1e999')],
    ['exp below numbers', raw('exp', '-1e999')],
    ['exp twice, past at last', `${JSON.stringify(payload).slice(0, -1)},"exp":1}`],
    ['nbf to come', { ...payload, nbf: seconds + 60 }],
    ['nbf beyond numbers', raw('nbf', '1e999')],
    ['iat to come', { ...payload, iat: seconds + 60 }],
    ['iat beyond numbers', raw('iat', '1e999')],
    ['iat in milliseconds', { ...payload, iat: seconds * 1000 }],
    ['another issuer', { ...payload, iss: 'https://attacker.example' }],
    ['the issuer with a slash more', { ...payload, iss: `${payload.iss}/` }],
    ['the issuer in capitals', { ...payload, iss: String(payload.iss).toUpperCase() }],
    ['the issuer among others', { ...payload, iss: [payload.iss] }],
    [
      'iss twice, another at last',
      `${JSON.stringify(payload).slice(0, -1)},"iss":"https://attacker.example"}`,
    ],
    ['another audience', { ...payload, aud: 'https://elsewhere.example' }],
    ['no audience', { ...payload, aud: [] }],
    ['the audience in an object', { ...payload, aud: { a: payload.aud } }],
    ['an audience that begins alike', { ...payload, aud: `${payload.aud}.attacker.example` }],
  ];
  return Object.fromEntries(made.map(([name, value]) => [`payload: ${name}`, forge(genuine, header, value)]));
}
