/** Tokens of other issuers: what passes, and what becomes of their keys over time. */
import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import t from 'tap';
import { ProviderKeys } from '../../actors/wallet/provider-keys.ts';
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { HttpReply, OutboundRequest } from '../../engine/outbound/send.ts';
import type { IdentityProviderRecord } from '../../engine/records.ts';
import { claimedOrigin } from '../../engine/tokens/external.ts';
import { hasPrivatePart, readKeySet } from '../../engine/tokens/jwks.ts';
import { VirtualClock } from '../support/clock.ts';
import { quiet } from '../support/http.ts';
import { TestIssuer } from '../support/issuer.ts';

const SECOND = 1_000;

/** A provider whose keys are served by the test. */
class World {
  readonly clock = new VirtualClock(Date.now());
  readonly issuer: TestIssuer;
  readonly requests: OutboundRequest[] = [];
  /** Instead of the issuer's keys. */
  answer: (() => Promise<HttpReply> | HttpReply) | null = null;
  readonly keys: ProviderKeys;
  readonly provider: IdentityProviderRecord;

  constructor(issuer: TestIssuer, jwks: object | null = null) {
    this.issuer = issuer;
    const send = async (request: OutboundRequest): Promise<HttpReply> => {
      this.requests.push(request);
      return (await this.answer?.()) ?? this.published();
    };
    this.keys = new ProviderKeys({ clock: this.clock, log: quiet, sender: { send, close: () => undefined } });
    this.provider = {
      tenantId: 'tenant',
      issuer: issuer.issuer,
      audience: issuer.audience,
      jwksUrl: jwks === null ? `${issuer.issuer}jwks.json` : null,
      jwks: jwks as IdentityProviderRecord['jwks'],
      readScopes: [],
      writeScopes: [],
      version: 1,
      updatedAt: 0,
    };
  }

  published(): HttpReply {
    return { status: 200, retryAfter: undefined, body: JSON.stringify(this.issuer.jwks) };
  }

  /** A token of this moment. */
  async token(subject = 'auth0|1', claims: object = {}, at = 0): Promise<string> {
    const now = Math.floor(this.clock.now() / 1000);
    return this.issuer.token(subject, { iat: now, exp: now + 3_600, ...claims }, at);
  }

  /** What verifying gives: the subject, or the code of the refusal. */
  async said(token: string): Promise<string> {
    try {
      return (await this.keys.verify(this.provider, token)).subject;
    } catch (error) {
      if (!isThenarError(error)) throw error;
      return error.code;
    }
  }
}

t.test('each of the three algorithms, and the claims', async (t) => {
  for (const alg of ['RS256', 'PS256', 'ES256'] as const) {
    const world = new World(await TestIssuer.open(alg));
    t.equal(await world.said(await world.token()), 'auth0|1', alg);
  }
  const world = new World(await TestIssuer.open());
  const token = await world.token('auth0|2', {
    scope: 'openid  wallet:write',
    aud: ['other', world.issuer.audience],
  });
  t.match(await world.keys.verify(world.provider, token), { scopes: ['openid', 'wallet:write'] });
  t.match(await world.keys.verify(world.provider, await world.token()), { scopes: [] });
});

t.test('what any claim may be wrong in', async (t) => {
  const world = new World(await TestIssuer.open());
  const now = Math.floor(world.clock.now() / 1000);
  const skew = limits.clock_skew_s;
  const odd: Readonly<Record<string, object>> = {
    'of another issuer': { iss: 'https://evil.example/' },
    'of an issuer that differs in its slash': { iss: world.issuer.issuer.slice(0, -1) },
    'without an issuer': { iss: undefined },
    'for another audience': { aud: 'https://other.example' },
    'for no audience': { aud: undefined },
    'for an empty list of audiences': { aud: [] },
    'over its time': { exp: now - skew - 1 },
    'without an end': { exp: undefined },
    'with an end that is a text': { exp: String(now + 60) },
    'not yet good': { nbf: now + skew + 5 },
    'issued in the future': { iat: now + skew + 5 },
    'without a subject': { sub: undefined },
    'with an empty subject': { sub: '' },
    'with a subject that is a number': { sub: 7 },
    'with a subject that is too long': { sub: 'a'.repeat(limits.token_subject_length_max + 1) },
    'with a subject of two lines': { sub: 'a\nb' },
    'with half a surrogate pair for a subject': { sub: 'a\ud800' },
    'with scopes that are a list': { scope: ['wallet:write'] },
  };
  for (const [name, claims] of Object.entries(odd)) {
    t.equal(await world.said(await world.token('auth0|1', claims)), 'invalid_token', name);
  }
  t.equal(
    await world.said(await world.token('auth0|1', { exp: now - skew + 5, nbf: now + skew - 5 })),
    'auth0|1',
  );
});

t.test('no signature but one of its keys, by an algorithm of the list', async (t) => {
  const world = new World(await TestIssuer.open('RS256'));
  const stranger = await TestIssuer.open('RS256');
  const good = await world.token();
  const [header = '', payload = '', signature = ''] = good.split('.');
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const kid = world.issuer.jwks.keys[0]?.kid;
  // The public key as a shared secret, the oldest trick of all.
  const shared = createSecretKey(Buffer.from(JSON.stringify(world.issuer.jwks.keys[0])));
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const odd: Readonly<Record<string, string>> = {
    none: `${part({ alg: 'none', kid })}.${payload}.`,
    'none with a signature': `${part({ alg: 'none', kid })}.${payload}.${signature}`,
    HS256: await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: String(kid) }).sign(shared),
    RS512: `${part({ alg: 'RS512', kid })}.${payload}.${signature}`,
    'another algorithm of the list': `${part({ alg: 'PS256', kid })}.${payload}.${signature}`,
    'a critical extension': `${part({ alg: 'RS256', kid, crit: ['x'], x: 1 })}.${payload}.${signature}`,
    'a key of its own': `${part({ alg: 'RS256', jwk: stranger.jwks.keys[0] ?? {} })}.${payload}.${signature}`,
    'the key of somebody else': await stranger.token('auth0|1', { iss: world.issuer.issuer }),
    'another payload': `${header}.${part({ ...claims, sub: 'auth0|9' })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'five parts': `${good}.a.b`,
    'no JWT': 'hello',
    empty: '',
    'too long': `${good}${'A'.repeat(limits.token_bytes_max)}`,
  };
  for (const [name, token] of Object.entries(odd)) t.equal(await world.said(token), 'invalid_token', name);
  t.equal(await world.said(good), 'auth0|1');
});

t.test('keys are fetched once, and again when they are no longer fresh', async (t) => {
  const world = new World(await TestIssuer.open());
  const tokens = [await world.token('a'), await world.token('b')];
  t.same(await Promise.all(tokens.map((token) => world.said(token))), ['a', 'b']);
  t.equal(world.requests.length, 1, 'two callers at once share one fetch');
  t.match(world.requests[0], { method: 'GET', endpoint: world.provider.jwksUrl, wantsBody: true });
  await world.clock.advance(limits.jwks_fresh_ms - SECOND);
  await world.said(await world.token('c'));
  t.equal(world.requests.length, 1);
  await world.clock.advance(2 * SECOND);
  t.equal(await world.said(await world.token('d')), 'd', 'served by the keys that are there');
  t.equal(world.requests.length, 2, 'while they are fetched anew');
});

t.test(
  'a new key is found at once, and a withdrawn one is good no longer than the keys are fresh',
  async (t) => {
    const world = new World(await TestIssuer.open());
    const before = await world.token('before');
    t.equal(await world.said(before), 'before');
    await world.clock.advance(limits.jwks_refetch_min_ms);
    await world.issuer.rotate('ES256', 1);
    t.equal(await world.said(await world.token('after')), 'after');
    t.equal(await world.said(before), 'before', 'both are published');
    await world.issuer.rotate('ES256', 1);
    t.equal(await world.said(before), 'before', 'remembered until the keys are looked at again');
    await world.clock.advance(limits.jwks_fresh_ms);
    await world.said(await world.token('last'));
    await world.clock.advance(0);
    t.equal(await world.said(before), 'invalid_token');
  },
);

t.test('tokens with keys that nobody has do not flood the provider', async (t) => {
  const world = new World(await TestIssuer.open());
  t.equal(await world.said(await world.token()), 'auth0|1');
  const strangers = await Promise.all(Array.from({ length: 20 }, () => TestIssuer.open()));
  const { issuer: iss } = world.issuer;
  for (const stranger of strangers) {
    t.equal(await world.said(await stranger.token('x', { iss })), 'invalid_token');
  }
  t.equal(world.requests.length, 1);
  await world.clock.advance(limits.jwks_refetch_min_ms);
  for (const stranger of strangers) await world.said(await stranger.token('x', { iss }));
  t.equal(world.requests.length, 2);
});

t.test('a provider that does not answer', async (t) => {
  const world = new World(await TestIssuer.open());
  world.answer = () => ({ error: 'ECONNREFUSED' });
  t.equal(await world.said(await world.token()), 'unavailable', 'its keys were never seen');
  await world.said(await world.token());
  t.equal(world.requests.length, 1, 'it is not asked again at once');
  world.answer = null;
  await world.clock.advance(limits.jwks_retry_ms);
  t.equal(await world.said(await world.token()), 'auth0|1');

  world.answer = () => ({ status: 500, retryAfter: undefined, body: '' });
  await world.clock.advance(limits.jwks_stale_max_ms - SECOND);
  t.equal(await world.said(await world.token('b')), 'b', 'keys of yesterday are believed');
  await world.clock.advance(2 * SECOND + limits.jwks_retry_ms);
  t.equal(await world.said(await world.token('c')), 'unavailable', 'older ones are not');
  world.answer = null;
  await world.clock.advance(limits.jwks_retry_ms);
  t.equal(await world.said(await world.token('d')), 'd');
});

t.test('answers that are no keys leave those that are there', async (t) => {
  const many = { keys: Array.from({ length: limits.jwks_keys_max + 1 }, () => ({ kty: 'RSA' })) };
  for (const body of ['', 'not json', '[]', 'null', '{"keys":{}}', JSON.stringify(many)]) {
    const world = new World(await TestIssuer.open());
    t.equal(await world.said(await world.token()), 'auth0|1');
    world.answer = () => ({ status: 200, retryAfter: undefined, body });
    await world.clock.advance(limits.jwks_fresh_ms);
    await world.said(await world.token('b'));
    await world.clock.advance(0);
    t.equal(await world.said(await world.token('c')), 'c', body.slice(0, 20));
  }
});

t.test('keys that were given are never fetched, and a changed setting begins anew', async (t) => {
  const issuer = await TestIssuer.open();
  const world = new World(issuer, issuer.jwks);
  t.equal(await world.said(await world.token()), 'auth0|1');
  const old = await world.token('old');
  t.equal(await world.said(old), 'old');
  await issuer.rotate();
  t.equal(await world.said(await world.token()), 'invalid_token');
  t.equal(world.requests.length, 0);
  const changed = { ...world.provider, version: 2, jwks: issuer.jwks as IdentityProviderRecord['jwks'] };
  t.equal((await world.keys.verify(changed, await world.token('new'))).subject, 'new');
  await t.rejects(world.keys.verify(changed, old), { code: 'invalid_token' });
});

t.test('a remembered token ends with its time', async (t) => {
  const world = new World(await TestIssuer.open());
  const token = await world.token();
  t.equal(await world.said(token), 'auth0|1');
  await world.clock.advance((3_600 + limits.clock_skew_s) * SECOND);
  t.equal(await world.said(token), 'invalid_token');
});

t.test('what a set may hold', async (t) => {
  const { keys } = (await TestIssuer.open('RS256')).jwks;
  const [rsa = {}] = keys;
  const [ec = {}] = (await TestIssuer.open()).jwks.keys;
  const left = [
    { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
    { ...rsa, use: 'enc' },
    { ...rsa, n: 'A'.repeat(limits.jwks_modulus_length_max + 1) },
    { ...rsa, e: 'A'.repeat(7) },
    { ...ec, crv: 'P-384' },
    { ...ec, x: 1 },
    { kty: '__proto__' },
    null,
    'text',
  ];
  t.same(readKeySet({ keys: [...left, ec] }).keys, [ec]);
  t.same(readKeySet({ keys: [{ ...rsa, d: 'private' }] }).keys, [rsa], 'only the public part is taken up');
  t.ok(hasPrivatePart({ keys: [ec, { ...rsa, d: 'private' }] }));
  t.ok(hasPrivatePart({ keys: [{ kty: 'oct', k: 'x' }] }));
  t.notOk(hasPrivatePart({ keys: [ec, rsa] }));
});

t.test('whose a token claims to be', async (t) => {
  const issuer = await TestIssuer.open();
  t.same(await claimedOrigin(await issuer.token('a')), {
    issuer: issuer.issuer,
    audiences: [issuer.audience],
  });
  const many = Array.from({ length: 40 }, (_, at) => `aud-${at}`);
  const { audiences } = await claimedOrigin(await issuer.token('a', { aud: many }));
  t.equal(audiences.length, limits.token_audiences_max);
  for (const claims of [{ iss: undefined }, { aud: undefined }, { iss: 7 }, { aud: [7] }] as Readonly<
    Record<string, unknown>
  >[]) {
    await t.rejects(claimedOrigin(await issuer.token('a', claims)), { code: 'invalid_token' });
  }
});
