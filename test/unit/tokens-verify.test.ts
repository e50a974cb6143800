import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import t from 'tap';
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Sealer } from '../../engine/ports.ts';
import type { SigningKeyRecord } from '../../engine/records.ts';
import { AccessTokens } from '../../engine/tokens/accessTokens.ts';
import { KeyRing } from '../../engine/tokens/keyRing.ts';
import { TokenRefusal } from '../../engine/tokens/refusal.ts';
import { createSigningKey, rotationDue } from '../../engine/tokens/signingKey.ts';

const now = 1_780_000_000_000;
const issuer = 'https://thenar.example';
const audience = 'https://thenar.example/v1';
const sealer: Sealer = { seal: (plain) => plain, open: (sealed) => sealed, mark: (plain) => plain };
const period = rotationDue([], now).create!;
const rsa = await createSigningKey({ now, sealer, ...period });
const ec = await createSigningKey({ alg: 'ES256', now, sealer, ...period });
const claims = {
  subject: 'client-1',
  tenantId: 'tenant-1',
  clientId: 'client-1',
  scopes: ['devices:write', 'users:read'],
  kind: 'client',
  jti: 'token-1',
} as const;

async function tokens(...records: SigningKeyRecord[]): Promise<AccessTokens> {
  return new AccessTokens({ ring: await KeyRing.load(records, sealer), issuer, audience });
}

function json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A token signed with the right RSA key over whatever header and payload. */
function forge(header: object, payload: object): string {
  const signed = `${json(header)}.${json(payload)}`;
  const key = { key: Buffer.from(rsa.privateKey), format: 'der', type: 'pkcs8' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

const goodHeader = { alg: 'RS256', typ: 'at+jwt', kid: rsa.kid };
const goodPayload = {
  iss: issuer,
  aud: audience,
  sub: 'client-1',
  client_id: 'client-1',
  tenant_id: 'tenant-1',
  token_kind: 'client',
  scope: 'a b',
  jti: 'x',
  iat: now / 1000,
  exp: now / 1000 + 60,
};

async function refusal(token: string, at = now): Promise<string> {
  try {
    await (await tokens(rsa)).verify(token, at);
    return 'accepted';
  } catch (error) {
    if (!isThenarError(error, 'invalid_token') || !(error.cause instanceof TokenRefusal)) throw error;
    t.equal(error.message, 'The access token is invalid or has expired.', 'one message for every failure');
    t.equal(error.details, undefined, 'the reason is for the log');
    return error.cause.message;
  }
}

t.test('round trip', async (t) => {
  for (const record of [rsa, ec]) {
    const engine = await tokens(record);
    const issued = await engine.issue(claims, now);
    t.equal(issued.expiresInSeconds, limits.access_token_life_s);
    const verified = await engine.verify(issued.token, now);
    const expiresAt = now + limits.access_token_life_s * 1000;
    t.same(verified, {
      jti: 'token-1',
      subject: 'client-1',
      tenantId: 'tenant-1',
      clientId: 'client-1',
      scopes: ['devices:write', 'users:read'],
      kind: 'client',
      sessionId: null,
      issuedAt: now,
      expiresAt,
    });
    const header = JSON.parse(Buffer.from(issued.token.split('.')[0]!, 'base64url').toString());
    t.same(header, { alg: record.alg, kid: record.kid, typ: 'at+jwt' });
    const short = await engine.issue({ ...claims, lifetimeSeconds: 10, scopes: [] }, now);
    t.equal(short.expiresInSeconds, 10);
    t.same((await engine.verify(short.token, now)).scopes, []);
    const long = await engine.issue({ ...claims, lifetimeSeconds: 1e9 }, now);
    t.equal(long.expiresInSeconds, limits.access_token_life_s, 'no token outlives its key');
  }
  t.equal(await refusal(forge(goodHeader, goodPayload)), 'accepted', 'the forge makes good tokens');
});

t.test('headers that lie', async (t) => {
  const publicPem = createPublicKey({ key: rsa.publicJwk as never, format: 'jwk' }).export({
    format: 'pem',
    type: 'spki',
  });
  const hmacSigned = `${json({ ...goodHeader, alg: 'HS256' })}.${json(goodPayload)}`;
  const hmac = createHmac('sha256', publicPem).update(hmacSigned).digest('base64url');
  t.equal(await refusal(`${hmacSigned}.${hmac}`), 'algorithm is not that of the key');
  const none = `${json({ ...goodHeader, alg: 'none' })}.${json(goodPayload)}`;
  t.equal(await refusal(`${none}.`), 'not a compact JWT');
  t.equal(await refusal(`${none}.AAAA`), 'algorithm is not that of the key');
  t.equal(
    await refusal(forge({ ...goodHeader, alg: 'PS256' }, goodPayload)),
    'algorithm is not that of the key',
  );
  t.equal(
    await refusal(forge({ ...goodHeader, alg: 'ES256' }, goodPayload)),
    'algorithm is not that of the key',
  );
  t.equal(await refusal(forge({ ...goodHeader, kid: ec.kid }, goodPayload)), 'unknown key');
  t.equal(await refusal(forge({ alg: 'RS256', typ: 'at+jwt' }, goodPayload)), 'unknown key');
  t.equal(await refusal(forge({ ...goodHeader, kid: 7 }, goodPayload)), 'unknown key');
  t.not(
    await refusal(forge({ ...goodHeader, typ: 'JWT' }, goodPayload)),
    'accepted',
    'an ID token is no access token',
  );
  t.not(await refusal(forge({ ...goodHeader, crit: ['x'], x: 1 }, goodPayload)), 'accepted');
  t.not(await refusal(forge({ ...goodHeader, b64: false, crit: ['b64'] }, goodPayload)), 'accepted');

  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const own = `${json({ ...goodHeader, jwk: publicKey.export({ format: 'jwk' }) })}.${json(goodPayload)}`;
  const ownSigned = `${own}.${sign('sha256', Buffer.from(own), privateKey).toString('base64url')}`;
  t.equal(
    await refusal(ownSigned),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'a key inside the token is not used',
  );
});

t.test('claims', async (t) => {
  const seconds = now / 1000;
  const skew = limits.clock_skew_s;
  const refused = (change: object): Promise<string> =>
    refusal(forge(goodHeader, { ...goodPayload, ...change }));
  t.equal(await refused({ exp: seconds - skew + 1 }), 'accepted', 'within the clock skew');
  t.equal(await refused({ exp: seconds - skew }), 'ERR_JWT_EXPIRED');
  t.equal(await refused({ iat: seconds + skew }), 'accepted');
  t.equal(await refused({ iat: seconds + skew + 1 }), 'issued in the future');
  t.equal(await refused({ nbf: seconds + skew + 1 }), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  t.equal(await refused({ iss: 'https://evil.example' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  t.equal(await refused({ aud: 'other' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  t.equal(await refused({ token_kind: 'admin' }), 'a claim is not of its type');
  for (const claim of Object.keys(goodPayload)) {
    t.not(await refused({ [claim]: undefined }), 'accepted', `without ${claim}`);
    t.not(await refused({ [claim]: { a: 1 } }), 'accepted', `${claim} of a wrong type`);
  }
  t.not(await refused({ exp: `${seconds + 60}` }), 'accepted', 'exp as text');
});

t.test('spellings', async (t) => {
  const token = forge(goodHeader, goodPayload);
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  // 256 bytes of signature leave four unused bits in the last character.
  const next = alphabet[alphabet.indexOf(signature.at(-1)!) + 1]!;
  const spellings: Readonly<Record<string, string>> = {
    empty: '',
    dots: '..',
    truncated: token.slice(0, -4),
    'without signature': `${header}.${payload}.`,
    'two parts': `${header}.${payload}`,
    'double dot': `${header}..${payload}.${signature}`,
    'fourth part': `${token}.AAAA`,
    'five parts': `${token}.AAAA.AAAA`,
    'leading space': ` ${token}`,
    'line feed': `${token}\n`,
    padded: `${token}==`,
    'unused bits set': `${header}.${payload}.${signature.slice(0, -1)}${next}`,
    'plain base64 alphabet': token.replaceAll('-', '+').replaceAll('_', '/'),
    'payload changed': `${header}.${json({ ...goodPayload, tenant_id: 'tenant-2' })}.${signature}`,
    'not JSON': `${Buffer.from('hello').toString('base64url')}.${payload}.${signature}`,
    'header is an array': `${json([])}.${payload}.${signature}`,
    'header is null': `${json(null)}.${payload}.${signature}`,
    huge: `${header}.${'A'.repeat(limits.token_bytes_max)}.${signature}`,
    'null byte': `${token}\0`,
  };
  for (const [name, spelling] of Object.entries(spellings)) t.not(await refusal(spelling), 'accepted', name);
});

t.test('what was verified once', async (t) => {
  const engine = await tokens(rsa);
  const { token, expiresAt } = await engine.issue(claims, now);
  t.equal(engine.recall(token, now), null);
  const verified = await engine.verify(token, now);
  t.equal(engine.recall(token, now), verified, 'is remembered');
  t.equal(await engine.verify(token, now + 1), verified);
  const last = expiresAt + limits.clock_skew_s * 1000 - 1;
  t.equal(engine.recall(token, last), verified);
  t.throws(() => engine.recall(token, last + 1), { code: 'invalid_token' }, 'until it expires');
  const early = now - limits.clock_skew_s * 1000 - 1;
  t.throws(
    () => engine.recall(token, early),
    { code: 'invalid_token' },
    'nor before its issue, should a clock be set back',
  );

  await engine.verify(token, now);
  const other = await engine.issue({ ...claims, clientId: 'client-2' }, now);
  engine.revokeClient('client-1', now);
  t.throws(
    () => engine.recall(token, now),
    { code: 'invalid_token' },
    'a deleted client loses its tokens at once',
  );
  await t.rejects(engine.verify(token, now), { code: 'invalid_token' });
  const fresh = await engine.issue({ ...claims, jti: 'token-2' }, now);
  await t.rejects(engine.verify(fresh.token, now), { code: 'invalid_token' }, 'remembered or not');
  t.equal((await engine.verify(other.token, now)).clientId, 'client-2', 'others keep theirs');

  engine.useRing(await KeyRing.load([ec], sealer));
  await t.rejects(
    engine.verify(other.token, now),
    { code: 'invalid_token' },
    'a withdrawn key verifies nothing',
  );
});
