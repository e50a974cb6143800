/** What no verifier takes, ours or of an identity provider's tokens, and that what is remembered is no weaker. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import t from 'tap';
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Sealer } from '../../engine/ports.ts';
import { AccessTokens } from '../../engine/tokens/accessTokens.ts';
import { claimedOrigin, verifyExternalToken } from '../../engine/tokens/external.ts';
import { keyFinder, readKeySet } from '../../engine/tokens/jwks.ts';
import { KeyRing } from '../../engine/tokens/keyRing.ts';
import { TokenRefusal } from '../../engine/tokens/refusal.ts';
import { createSigningKey, rotationDue } from '../../engine/tokens/signingKey.ts';
import { hostileTokens } from '../support/hostile-tokens/all.ts';
import { forge, type Genuine } from '../support/hostile-tokens/genuine.ts';
import { SeededRandom } from '../support/random.ts';

const now = 1_780_000_000_000;
const sealer: Sealer = { seal: (plain) => plain, open: (sealed) => sealed, mark: (plain) => plain };
const period = rotationDue([], now).create!;
const issuer = 'https://thenar.example';
const rsa = await createSigningKey({ now, sealer, ...period });
const ec = await createSigningKey({ alg: 'ES256', now, sealer, ...period });

/** The code of the refusal, or that there was none; anything but a refusal of ours fails the test. */
async function told(verifying: () => Promise<unknown>): Promise<string> {
  try {
    await verifying();
    return 'accepted';
  } catch (error) {
    if (!isThenarError(error, 'invalid_token') || !(error.cause instanceof TokenRefusal)) throw error;
    return error.code;
  }
}

for (const record of [rsa, ec]) {
  const other = record === rsa ? ec : rsa;
  const genuine: Genuine = {
    alg: record.alg,
    header: { alg: record.alg, typ: 'at+jwt', kid: record.kid },
    payload: {
      iss: issuer,
      aud: issuer,
      sub: 'client-1',
      client_id: 'client-1',
      tenant_id: 'tenant-1',
      token_kind: 'client',
      scope: 'a b',
      jti: 'x',
      iat: now / 1000,
      exp: now / 1000 + 60,
    },
    key: createPrivateKey({ key: Buffer.from(record.privateKey), format: 'der', type: 'pkcs8' }),
    // Of a receipt key, say: in the same published set, but not of this ring.
    otherKids: [other.kid],
  };
  t.test(`hostile access tokens, ${record.alg}`, async (t) => {
    const ring = await KeyRing.load([record], sealer);
    const tokens = new AccessTokens({ ring, issuer, audience: issuer });
    const say = (token: string): Promise<string> => told(() => tokens.verify(token, now));
    t.equal(await say(forge(genuine, genuine.header, genuine.payload)), 'accepted');
    const vectors = hostileTokens(genuine);
    t.ok(vectors.length > 150, `${vectors.length} of them`);
    for (const { name, token } of vectors) {
      t.equal(await say(token), 'invalid_token', name);
      t.equal(tokens.recall(token, now), null, `${name}: is not remembered either`);
    }
    for (const typ of ['JWT', 'logout+jwt', 'receipt+jwt', undefined, 7]) {
      const token = forge(genuine, { ...genuine.header, typ }, genuine.payload);
      t.equal(await say(token), 'invalid_token', `of the type ${typ}`);
    }
  });
}

/** An identity provider with one key. */
async function provider(alg: 'RS256' | 'ES256') {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const expected = { now, issuer: 'https://idp.example/', audience: 'https://wallet.example' };
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'one', alg, use: 'sig' };
  const keys = await keyFinder(readKeySet({ keys: [jwk] }));
  const genuine: Genuine = {
    alg,
    header: { alg, typ: 'JWT', kid: 'one' },
    payload: {
      iss: expected.issuer,
      aud: expected.audience,
      sub: 'auth0|1',
      iat: now / 1000,
      exp: now / 1000 + 60,
    },
    key: pair.privateKey as KeyObject,
    otherKids: ['two'],
  };
  return { genuine, strict: (token: string) => verifyExternalToken(token, keys, expected), jwk };
}

for (const alg of ['RS256', 'ES256'] as const) {
  t.test(`hostile tokens of an identity provider, ${alg}`, async (t) => {
    const { genuine, strict } = await provider(alg);
    t.equal(await told(() => strict(forge(genuine, genuine.header, genuine.payload))), 'accepted');
    for (const { name, token } of hostileTokens(genuine)) {
      t.equal(await told(() => strict(token)), 'invalid_token', name);
      t.match(
        await told(() => claimedOrigin(token)),
        /accepted|invalid_token/,
        `${name}: is read without harm`,
      );
    }
    for (const sub of ['', ' '.repeat(300), 'a\u0000b', 'a\nb', '\ud800', 7, null, ['auth0|1']]) {
      const token = forge(genuine, genuine.header, { ...genuine.payload, sub });
      t.equal(await told(() => strict(token)), 'invalid_token', `subject ${JSON.stringify(sub)}`);
    }
  });
}

t.test('a claim that stands there twice means one thing to whoever reads it', async (t) => {
  const { genuine, strict } = await provider('ES256');
  const { iss, ...rest } = genuine.payload;
  const twice = (first: unknown, last: unknown): string =>
    forge(genuine, genuine.header, JSON.stringify(rest).replace('{', `{"iss":"${first}","iss":"${last}",`));
  const ours = twice('https://attacker.example', iss);
  t.equal((await claimedOrigin(ours)).issuer, iss);
  t.equal(await told(() => strict(ours)), 'accepted');
  const theirs = twice(iss, 'https://attacker.example');
  t.equal((await claimedOrigin(theirs)).issuer, 'https://attacker.example');
  t.equal(await told(() => strict(theirs)), 'invalid_token');
});

t.test('keys under which anybody could sign are none', async (t) => {
  const { jwk, genuine } = await provider('RS256');
  for (const e of ['AQ', 'AA', '', 'Ag', 'AAE', 'AQAAAAAB']) {
    t.same(readKeySet({ keys: [{ ...jwk, e }] }).keys, [], `the exponent ${e}`);
  }
  t.equal(
    readKeySet({
      keys: [
        { ...jwk, e: 'AQAB' },
        { ...jwk, e: 'Aw' },
      ],
    }).keys.length,
    2,
  );
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = { ...small.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' };
  const finder = await keyFinder(readKeySet({ keys: [weak] }));
  const token = forge({ alg: 'RS256', key: small.privateKey }, genuine.header, genuine.payload);
  const expected = { now, issuer: 'https://idp.example/', audience: 'https://wallet.example' };
  t.equal(
    await told(() => verifyExternalToken(token, finder, expected)),
    'invalid_token',
    'a modulus of 1,024 bits',
  );
  for (const key of [
    { kty: 'oct', k: 'AAAA', kid: 'one' },
    { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'one' },
    { kty: 'EC', crv: 'secp256k1', x: 'AAAA', y: 'AAAA', kid: 'one' },
  ]) {
    const odd = await keyFinder(readKeySet({ keys: [key] }));
    const signed = forge(genuine, { ...genuine.header, alg: 'ES256' }, genuine.payload);
    t.equal(
      await told(() => verifyExternalToken(signed, odd, expected)),
      'invalid_token',
      JSON.stringify(key),
    );
  }
});

const seed = Number(process.env.THENAR_SEED ?? Date.now() % 1_000_000);

t.test(`what is remembered is never good when a verifier says no (THENAR_SEED=${seed})`, async (t) => {
  const random = new SeededRandom(seed);
  const rings = [await KeyRing.load([rsa, ec], sealer), await KeyRing.load([ec], sealer)] as const;
  const remembering = new AccessTokens({ ring: rings[0], issuer, audience: issuer });
  const clients = ['a', 'b', 'c', 'd'];
  const revoked: string[] = [];
  let ring = rings[0];
  const pool: string[] = [];
  let at = now;
  for (let step = 0; step < 600; step += 1) {
    const chance = random.fraction();
    // A clock that runs, and one that is set forward and back by up to two hours.
    at = chance < 0.9 ? at + random.below(120_000) : now + (random.below(4) - 2) * 3_600_000;
    if (chance < 0.05 && pool.length < 40 && at >= now) {
      const clientId = random.pick(clients);
      const claims = {
        subject: clientId,
        clientId,
        tenantId: 't',
        scopes: [],
        kind: 'client',
        jti: `${step}`,
      } as const;
      pool.push((await new AccessTokens({ ring, issuer, audience: issuer }).issue(claims, at)).token);
    } else if (chance > 0.995 && revoked.length < 3) {
      const clientId = clients[revoked.length] ?? '';
      revoked.push(clientId);
      remembering.revokeClient(clientId, at);
    } else if (chance > 0.99) {
      ring = random.pick(rings);
      remembering.useRing(ring);
    }
    if (pool.length === 0) continue;
    const token = random.pick(pool);
    const fresh = new AccessTokens({ ring, issuer, audience: issuer });
    for (const clientId of revoked) fresh.revokeClient(clientId, at);
    const moment = at;
    const expected = await told(() => fresh.verify(token, moment));
    const said = await told(
      async () => remembering.recall(token, moment) ?? remembering.verify(token, moment),
    );
    if (said !== expected) t.fail(`step ${step}: ${said} where a verifier says ${expected}`);
  }
  t.ok(pool.length > 5);
});

t.test('a deleted client’s tokens stay dead when the clock jumps ahead and back', async (t) => {
  const tokens = new AccessTokens({ ring: await KeyRing.load([rsa], sealer), issuer, audience: issuer });
  const claims = {
    subject: 'x',
    clientId: 'x',
    tenantId: 't',
    scopes: [],
    kind: 'client',
    jti: '1',
  } as const;
  const { token } = await tokens.issue(claims, now);
  await tokens.verify(token, now);
  tokens.revokeClient('x', now);
  tokens.revokeClient('y', now + 3 * limits.access_token_life_s * 1000);
  t.equal(await told(() => tokens.verify(token, now + 1)), 'invalid_token');
});
