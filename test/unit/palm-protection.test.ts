/** What two tenants store of one palm, and what a renewal leaves of it. */
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { templateReader } from '../../actors/palms/log.ts';
import { generateTemplate } from '../../bench/palms/templates.ts';
import { makeRotation, RotationArena } from '../../engine/index/rotation.ts';
import { compareCode } from '../../engine/palm/compare.ts';
import { sealTemplate } from '../../engine/palm/protect.ts';
import {
  fromStoredForm,
  type Protection,
  protectionOf,
  Rerotation,
  shardFileKey,
  storedForm,
} from '../../engine/palm/protection.ts';
import { decodeTemplate, encodeTemplate, probeOf } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import type { SubjectKeys } from '../../engine/ports.ts';
import type { PalmLogRecord } from '../../engine/records.ts';
import { systemRandom } from '../../engine/system.ts';

const PEOPLE = 60;
const SEED = 71;
const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const one = protectionOf(keyOf(1));
const other = protectionOf(keyOf(2));
const rotations = new RotationArena();
const places = new Map([one, other].map(({ id, key }) => [id, rotations.hold(makeRotation(key))]));

function palm(identity: number, sample = 0): PalmTemplate {
  return generateTemplate({ seed: SEED, identity, hand: 'right', sample });
}

/** As a worker hands it over: the vector is under the rotation, the code as it is. */
function prepared({ vector, code }: PalmTemplate, { id }: Protection): PalmTemplate {
  return { vector: rotations.rotate(places.get(id)!, vector), code };
}

function place(identity: number, sample = 0) {
  return { palmId: `palm-${identity}`, sample };
}

/** What lies under the seal, read as whoever has no protection key has to. */
function bare(identity: number, protection: Protection, at = place(identity)): PalmTemplate {
  return decodeTemplate(storedForm(prepared(palm(identity, at.sample), protection), protection, at));
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, component, i) => sum + component * b[i]!, 0);
}

const score = (probe: PalmTemplate, stored: PalmTemplate): number =>
  compareCode(probeOf(probe), stored.code).fused;

function range(values: readonly number[]): { readonly mean: number; readonly max: number } {
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, max: Math.max(...values) };
}

const everybody = Array.from({ length: PEOPLE }, (_, identity) => identity);
const impostors = everybody.map((identity) => score(palm(identity), palm((identity + 1) % PEOPLE)));
const genuine = everybody.map((identity) => score(palm(identity), palm(identity, 1)));
t.comment(
  `seed ${SEED}; impostors ${JSON.stringify(range(impostors))}; genuine from ${Math.min(...genuine)}`,
);

t.test('one palm stored by two tenants scores as two palms do', (t) => {
  t.ok(range(impostors).max < Math.min(...genuine), 'the scores tell palms apart to begin with');
  const across = everybody.map((identity) => score(bare(identity, one), bare(identity, other)));
  t.comment(`across tenants ${JSON.stringify(range(across))}`);
  t.ok(range(across).max <= range(impostors).max, 'the best of them is no better than the best impostor');
  t.ok(range(across).max < Math.min(...genuine));
  const cosines = everybody.map((identity) =>
    cosine(bare(identity, one).vector, bare(identity, other).vector),
  );
  // Directions at random in 256 dimensions: a standard deviation of 1/16.
  t.ok(Math.max(...cosines.map(Math.abs)) < 5 / 16, `cosines up to ${Math.max(...cosines.map(Math.abs))}`);
  t.ok(Math.abs(range(cosines).mean) < 5 / 16 / Math.sqrt(PEOPLE));
  t.end();
});

t.test('nor does the bare palm find what is stored of it', (t) => {
  const scores = everybody.map((identity) => score(palm(identity), bare(identity, one)));
  t.ok(range(scores).max <= range(impostors).max, JSON.stringify(range(scores)));
  t.end();
});

t.test('two samples of a palm, and two palms, are apart in one tenant too', (t) => {
  const samples = everybody.map((identity) =>
    score(bare(identity, one), bare(identity, one, place(identity, 1))),
  );
  t.ok(range(samples).max <= range(impostors).max, JSON.stringify(range(samples)));
  // One mask for all would be given away by a single palm that is known.
  const mask = bare(0, one).code.bocv.map((word, i) => word ^ palm(0).code.bocv[i]!);
  const unmasked = bare(1, one).code.bocv.map((word, i) => word ^ mask[i]!);
  const code = { bocv: Uint32Array.from(unmasked), competitive: palm(1).code.competitive };
  t.ok(score(palm(1), { vector: palm(1).vector, code }) <= range(impostors).max);
  t.end();
});

t.test('the tenant itself reads what it stored, bit for bit, and compares as if nothing had been', (t) => {
  for (const identity of everybody) {
    const whole = prepared(palm(identity), one);
    const read = fromStoredForm(storedForm(whole, one, place(identity)), one, place(identity));
    t.same(read, whole);
    t.same(
      compareCode(probeOf(palm(identity, 1)), read.code),
      compareCode(probeOf(palm(identity, 1)), whole.code),
    );
  }
  t.end();
});

t.test('a renewal keeps codes bit for bit and cosines to a rounding, again and again', (t) => {
  const [first, second] = [palm(0), palm(0, 1)];
  let [a, b] = [prepared(first, one), prepared(second, one)];
  const before = cosine(a.vector, b.vector);
  const steps = [new Rerotation(one, other), new Rerotation(other, one)];
  for (let round = 0; round < 20; round++) {
    const step = steps[round % 2]!;
    [a, b] = [
      { vector: step.apply(a.vector), code: a.code },
      { vector: step.apply(b.vector), code: b.code },
    ];
  }
  t.ok(Math.abs(cosine(a.vector, b.vector) - before) < 1e-4);
  t.ok(cosine(a.vector, prepared(first, one).vector) > 0.9999, 'it is where it began');
  const fresh = prepared(first, other).vector;
  t.ok(cosine(new Rerotation(one, other).apply(prepared(first, one).vector), fresh) > 0.9999);
  t.end();
});

t.test('in the middle of a renewal the log reads as either key has it, old rows included', (t) => {
  const key = keyOf(9);
  const tenantId = 'tenant';
  const rowOf = (identity: number, protection: Protection | null): PalmLogRecord => {
    const at = { tenantId, userId: 'user', ...place(identity), protection: protection?.id ?? null };
    const plain =
      protection === null
        ? encodeTemplate(prepared(palm(identity), one))
        : storedForm(prepared(palm(identity), protection), protection, at);
    const sealed = sealTemplate(plain, key, at, systemRandom);
    return { ...at, position: identity, operation: 'add', hand: 'right', sealed };
  };
  const keys = { find: (userId: string) => (userId === 'user' ? key : null) } as SubjectKeys;
  const read = templateReader(keys, { current: one, next: other });
  for (const [identity, protection] of [null, one, other].entries()) {
    const template = read(rowOf(identity, protection))!;
    t.same(template.code, palm(identity).code);
    t.ok(cosine(template.vector, prepared(palm(identity), one).vector) > 0.9999);
    const coming = templateReader(
      keys,
      { current: one, next: other },
      other.id,
    )(rowOf(identity, protection))!;
    t.same(coming.code, palm(identity).code);
    t.ok(cosine(coming.vector, prepared(palm(identity), other).vector) > 0.9999);
  }
  t.equal(read({ ...rowOf(1, one), userId: 'erased' }), null);
  const gone = protectionOf(randomBytes(32));
  t.throws(
    () => templateReader(keys, { current: gone, next: null })(rowOf(1, one)),
    { code: 'unavailable' },
    'never read as noise',
  );
  t.throws(() => templateReader(keys, { current: one, next: null }, other.id), { code: 'unavailable' });
  t.throws(() => read({ ...rowOf(1, one), protection: other.id }), 'the seal says which protection it is');
  t.end();
});

t.test('the key of a shard file needs both that it is made of', (t) => {
  const made = Buffer.from(shardFileKey(keyOf(3), one.key));
  t.equal(made.length, 32);
  t.same(made, Buffer.from(shardFileKey(keyOf(3), one.key)));
  t.notSame(made, Buffer.from(shardFileKey(keyOf(3), other.key)));
  t.notSame(made, Buffer.from(shardFileKey(keyOf(4), one.key)));
  t.end();
});
