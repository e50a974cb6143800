/** Tokens, key sets, signatures and what else a request shows to say who it is from. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { Sealer } from '../../../engine/ports.ts';
import { systemClock } from '../../../engine/system.ts';
import { AccessTokens } from '../../../engine/tokens/accessTokens.ts';
import { claimedOrigin, verifyExternalToken } from '../../../engine/tokens/external.ts';
import { hasPrivatePart, keyFinder, readKeySet } from '../../../engine/tokens/jwks.ts';
import { KeyRing } from '../../../engine/tokens/keyRing.ts';
import { createSigningKey, rotationDue } from '../../../engine/tokens/signingKey.ts';
import { signedBytes, verifyDeviceSignature } from '../../../engine/wallet/device_signature.ts';
import { readVerifyingKey } from '../../../engine/wallet/verifying_key.ts';
import { bearerToken } from '../../../transport/auth/bearer.ts';
import { cookieOf, SESSION_COOKIE } from '../../../transport/auth/cookie.ts';
import { parseJson } from '../../../transport/http/body.ts';
import type { Draw } from '../draw.ts';
import { hostileBody, hostileJson } from '../json.ts';
import { type Decoder, damaged } from './decoder.ts';
import { textOf } from './palms.ts';

const ISSUER = 'https://thenar.example';
const AUDIENCE = 'https://thenar.example/v1';
const plain: Sealer = { seal: (bytes) => bytes, open: (bytes) => bytes, mark: (bytes) => bytes };

const latin1 = (input: Uint8Array): string => Buffer.from(input).toString('latin1');
const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** One of the token's parts is replaced or spoilt; the signature may be right over what came of it. */
function damagedToken(draw: Draw, token: string, resign: (input: string) => string): Buffer {
  if (draw.chance(0.3)) return draw.mutated(Buffer.from(token));
  const [head = '', claims = '', signature = ''] = token.split('.');
  const parts = [head, claims].map((part) => {
    if (draw.chance(0.4)) return part;
    const value = JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
    return base64url(hostileBody(draw, {}, value));
  });
  const input = parts.join('.');
  const ending = draw.pick([signature, '', 'AA', resign(input), base64url(hostileJson(draw))]);
  return Buffer.from(draw.chance(0.05) ? `${input}.${ending}.${ending}` : `${input}.${ending}`);
}

async function accessTokens(now: number): Promise<Decoder> {
  const period = rotationDue([], now).create;
  if (period === null) throw new Error('no key is due');
  const record = await createSigningKey({ alg: 'ES256', now, sealer: plain, ...period });
  const tokens = new AccessTokens({
    ring: await KeyRing.load([record], plain),
    issuer: ISSUER,
    audience: AUDIENCE,
    cacheMax: 100,
  });
  const claims = {
    subject: 'c',
    tenantId: 't',
    clientId: 'c',
    scopes: ['users:read'],
    kind: 'client',
    jti: 'j',
  } as const;
  const { token } = await tokens.issue(claims, now);
  const key = {
    key: Buffer.from(record.privateKey),
    format: 'der',
    type: 'pkcs8',
    dsaEncoding: 'ieee-p1363',
  } as const;
  const resign = (input: string): string => sign('sha256', Buffer.from(input), key).toString('base64url');
  return {
    name: 'access-token',
    weight: 0.7,
    input: (draw) => damagedToken(draw, token, resign),
    read: (input) => tokens.verify(latin1(input), now),
  };
}

async function externalTokens(now: number): Promise<Decoder[]> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' };
  const seconds = Math.floor(now / 1000);
  const head = base64url(JSON.stringify({ alg: 'ES256', kid: 'k', typ: 'JWT' }));
  const said = { iss: ISSUER, aud: AUDIENCE, sub: 's', iat: seconds, exp: seconds + 3_600, scope: 'a b' };
  const resign = (input: string): string =>
    sign('sha256', Buffer.from(input), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    );
  const input = `${head}.${base64url(JSON.stringify(said))}`;
  const token = `${input}.${resign(input)}`;
  const finder = await keyFinder(readKeySet({ keys: [jwk] }));
  const rsa = { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'r' };
  return [
    {
      name: 'provider-token',
      weight: 0.7,
      input: (draw) => damagedToken(draw, token, resign),
      async read(bytes) {
        const text = latin1(bytes);
        await claimedOrigin(text);
        return verifyExternalToken(text, finder, { now, issuer: ISSUER, audience: AUDIENCE });
      },
    },
    {
      name: 'provider-keys',
      input: (draw) => Buffer.from(hostileBody(draw, {}, { keys: [jwk, rsa] })),
      async read(bytes) {
        const json = parseJson(textOf(bytes));
        hasPrivatePart(json);
        const keys = keySetOf(json);
        if (keys !== null) await verifyWith(keys, token, now);
      },
    },
  ];
}

/** A set that is none is a failure of whoever publishes it: any error says so, to the fetch that asked for it. */
function keySetOf(json: unknown): ReturnType<typeof readKeySet> | null {
  try {
    return readKeySet(json);
  } catch {
    return null;
  }
}

async function verifyWith(keys: ReturnType<typeof readKeySet>, token: string, now: number): Promise<void> {
  await verifyExternalToken(token, await keyFinder(keys), { now, issuer: ISSUER, audience: AUDIENCE });
}

function walletSignatures(): Decoder[] {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const key = readVerifyingKey(spki.toString('hex'));
  const body = { nonce: 'n', amount: 1, nested: { a: [1, 'x'] } };
  const signature = sign('sha256', signedBytes(body), privateKey).toString('hex');
  const keys = [spki.toString('hex'), spki.toString('base64'), pem, spki.subarray(-65).toString('hex')];
  const signed = { ...body, device_signature: signature };
  return [
    {
      name: 'verifying-key',
      input: (draw) => draw.mutated(Buffer.from(draw.pick(keys))),
      read: (input) => readVerifyingKey(latin1(input)),
    },
    {
      name: 'device-signature',
      weight: 2,
      input(draw) {
        const text = draw.chance(0.5)
          ? hostileBody(draw, {}, signed)
          : JSON.stringify({ ...signed, device_signature: damagedHex(draw, signature) });
        return Buffer.from(text);
      },
      read(input) {
        const json = parseJson(textOf(input));
        if (json === null || typeof json !== 'object' || Array.isArray(json)) return;
        const { device_signature: given } = json as { readonly device_signature?: unknown };
        verifyDeviceSignature(key, signedBytes(json as never), typeof given === 'string' ? given : '');
      },
    },
  ];
}

function damagedHex(draw: Draw, hex: string): string {
  return draw.mutated(Buffer.from(hex, 'hex')).toString('hex');
}

export async function tokenDecoders(): Promise<Decoder[]> {
  const now = systemClock.now();
  const headers = ['Bearer aaa.bbb.ccc', 'bearer   x==  ', `${SESSION_COOKIE}=abc; a=b; c`, 'Basic YTpi'].map(
    (text) => Buffer.from(text),
  );
  return [
    await accessTokens(now),
    ...(await externalTokens(now)),
    ...walletSignatures(),
    {
      name: 'credentials-headers',
      input: (draw) => damaged(draw, headers),
      read: (input) => [bearerToken(latin1(input)), cookieOf(latin1(input), SESSION_COOKIE)],
    },
  ];
}
