/** Algorithms that are none, or are not that of the key. */
import { constants, createHmac, createPublicKey, sign } from 'node:crypto';
import { base64url, forge, type Genuine, partsOf, type Tokens } from './genuine.ts';

export function algorithms(genuine: Genuine): Tokens {
  const { header, payload, key } = genuine;
  const found: Record<string, string> = {};
  const { parts } = partsOf(genuine);
  for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', '']) {
    const input = `${base64url({ ...header, alg })}.${base64url(payload)}`;
    found[`alg ${alg}, no signature`] = `${input}.`;
    found[`alg ${alg}, no last part`] = input;
    found[`alg ${alg}, a signature of one byte`] = `${input}.AA`;
    found[`alg ${alg}, the genuine signature`] = `${input}.${parts[2]}`;
  }
  const publicKey = createPublicKey(key);
  const secrets = {
    pem: publicKey.export({ format: 'pem', type: 'spki' }),
    'pem without its last line feed': String(publicKey.export({ format: 'pem', type: 'spki' })).trimEnd(),
    der: publicKey.export({ format: 'der', type: 'spki' }),
    jwk: JSON.stringify(publicKey.export({ format: 'jwk' })),
    number: Buffer.from(String(publicKey.export({ format: 'jwk' })[genuine.alg === 'RS256' ? 'n' : 'x'])),
    nothing: '',
  };
  for (const [name, secret] of Object.entries(secrets)) {
    for (const bits of ['256', '384', '512']) {
      const input = `${base64url({ ...header, alg: `HS${bits}` })}.${base64url(payload)}`;
      const mac = createHmac(`sha${bits}`, secret).update(input).digest('base64url');
      found[`HS${bits} with the public key as ${name}`] = `${input}.${mac}`;
    }
  }
  for (const alg of ['RS384', 'RS512', 'PS256', 'PS384', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'RSA-OAEP']) {
    found[`the genuine signature called ${alg}`] = forge(genuine, { ...header, alg }, payload);
  }
  const other = genuine.alg === 'RS256' ? 'ES256' : 'RS256';
  found[`the genuine signature called ${other}`] = forge(genuine, { ...header, alg: other }, payload);
  if (genuine.alg === 'RS256') {
    const input = (alg: string): string => `${base64url({ ...header, alg })}.${base64url(payload)}`;
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    found['PS256 as it should be'] =
      `${input('PS256')}.${sign('sha256', Buffer.from(input('PS256')), pss).toString('base64url')}`;
    found['RS512 as it should be'] =
      `${input('RS512')}.${sign('sha512', Buffer.from(input('RS512')), key).toString('base64url')}`;
    found['PSS under the name RS256'] =
      `${input('RS256')}.${sign('sha256', Buffer.from(input('RS256')), pss).toString('base64url')}`;
  }
  for (const alg of [
    undefined,
    null,
    7,
    true,
    [genuine.alg],
    { name: genuine.alg },
    genuine.alg.toLowerCase(),
  ]) {
    found[`alg ${JSON.stringify(alg)}`] = forge(genuine, { ...header, alg }, payload);
  }
  return found;
}
