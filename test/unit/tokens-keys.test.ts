import t from 'tap';
import { limits } from '../../engine/limits.ts';
import type { Sealer } from '../../engine/ports.ts';
import { KeyRing } from '../../engine/tokens/keyRing.ts';
import { createSigningKey, rotationDue, type SigningPeriod } from '../../engine/tokens/signingKey.ts';

const DAY = 24 * 3600 * 1000;
const now = 1_780_000_000_000;

/** Binds a value to its place, as the real one does, without hiding it. */
const sealer: Sealer = {
  seal: (plain, additional) => Buffer.concat([Buffer.from(`${additional}|`), plain]),
  open(sealed, additional) {
    const prefix = Buffer.from(`${additional}|`);
    if (!Buffer.from(sealed).subarray(0, prefix.length).equals(prefix)) throw new Error('wrong place');
    return Uint8Array.from(sealed.subarray(prefix.length));
  },
  mark: (plain) => plain,
};

function period(signsFrom: number): SigningPeriod {
  return { signsFrom, signsUntil: signsFrom + 30 * DAY, verifiesUntil: signsFrom + 31 * DAY };
}

t.test('rotation', async (t) => {
  const first = rotationDue([], now).create!;
  t.equal(first.signsFrom, now, 'without a key one is made that signs at once');
  t.equal(first.signsUntil, now + limits.signing_key_life_s * 1000);
  t.ok(first.verifiesUntil >= first.signsUntil + limits.access_token_life_s * 1000);

  const keys = [{ kid: 'a', ...first }];
  const publishes = first.signsUntil - limits.signing_key_publish_s * 1000;
  t.same(rotationDue(keys, publishes - 1), { create: null, retire: [] });
  const second = rotationDue(keys, publishes).create!;
  t.equal(second.signsFrom, first.signsUntil, 'the next key is published before it signs');

  keys.push({ kid: 'b', ...second });
  t.same(rotationDue(keys, publishes), { create: null, retire: [] }, 'only once');
  t.same(rotationDue(keys, first.verifiesUntil - 1).retire, []);
  t.same(rotationDue(keys, first.verifiesUntil).retire, ['a']);

  const long = second.verifiesUntil + 100 * DAY;
  t.same(rotationDue(keys, long).retire, ['a', 'b']);
  t.equal(rotationDue(keys, long).create!.signsFrom, long, 'after a long stop a key signs at once');
});

t.test('ring', async (t) => {
  const old = await createSigningKey({ alg: 'ES256', now, sealer, ...period(now - 30 * DAY) });
  const current = await createSigningKey({ now, sealer, ...period(now) });
  const next = await createSigningKey({ alg: 'ES256', now, sealer, ...period(now + 30 * DAY) });
  t.equal(current.alg, 'RS256', 'RS256 unless told otherwise');
  const ring = await KeyRing.load([next, old, current], sealer);

  t.equal(ring.signer(now).kid, current.kid);
  t.equal(ring.signer(now - 1).kid, old.kid);
  t.equal(ring.signer(now + 30 * DAY).kid, next.kid);
  t.throws(() => ring.signer(now + 60 * DAY), { code: 'unavailable' });
  t.equal(ring.verifier(old.kid, now)?.kid, old.kid, 'verifies after it stopped signing');
  t.equal(ring.verifier(old.kid, old.verifiesUntil), null);
  t.equal(ring.verifier('nobody', now), null);
  const held = Object.values(ring.signer(now)).filter(
    (value) => (value as { type?: unknown })?.type === 'private',
  );
  t.same(held, [], 'nobody who holds the ring can take a private key out of it');

  const published = ring.jwks(now).keys;
  t.same(new Set(published.map((key) => key.kid)), new Set([old.kid, current.kid, next.kid]));
  for (const key of published) {
    t.equal(key.use, 'sig');
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) t.notOk(secret in key, `no ${secret}`);
  }
  t.equal(ring.jwks(old.verifiesUntil).keys.length, 2);

  const swapped = { ...current, privateKey: next.privateKey };
  await t.rejects(KeyRing.load([swapped], sealer), /wrong place/, 'a key sealed to another place is refused');
});
