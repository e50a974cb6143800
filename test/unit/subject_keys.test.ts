import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { systemRandom } from '../../engine/system.ts';
import { openSubjectKeys } from '../../storage/keys/file.ts';
import { SLOT_BYTES } from '../../storage/keys/slot.ts';

const TENANT = 'tenant-1';

const master = Buffer.alloc(32, 7);
const folder = mkdtempSync(join(tmpdir(), 'thenar-keys-'));
t.teardown(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${files++}.keys`);
const openAt = (path: string, key = master) => openSubjectKeys(path, key, systemRandom);

t.test('keys last, destroyed ones do not', async (t) => {
  const path = newPath();
  const keys = await openAt(path);
  const subjects = Array.from({ length: 300 }, (_, n) => `subject-${n}`);
  const made = await Promise.all(subjects.map((subject) => keys.ensure(subject, TENANT)));
  t.equal(new Set(made.map((key) => Buffer.from(key).toString('hex'))).size, 300, 'all different');
  t.strictSame(await keys.ensure('subject-5', TENANT), made[5]);
  const [one, two] = await Promise.all([keys.ensure('twice', TENANT), keys.ensure('twice', TENANT)]);
  t.strictSame(one, two);
  t.strictSame(keys.find('subject-5'), made[5], 'and is kept unwrapped from here');
  const before = readFileSync(path);
  await Promise.all([keys.destroy('subject-5'), keys.destroy('subject-5'), keys.destroy('never')]);
  t.equal(keys.find('subject-5'), null);
  const after = readFileSync(path);
  const changed = Array.from({ length: before.length / SLOT_BYTES }, (_, n) => n * SLOT_BYTES).filter(
    (at) => !before.subarray(at, at + SLOT_BYTES).equals(after.subarray(at, at + SLOT_BYTES)),
  );
  t.equal(changed.length, 1, 'one slot, in place');
  t.ok(after.subarray(changed[0], (changed[0] as number) + SLOT_BYTES).every((byte) => byte === 0));
  const size = statSync(path).size;
  const again = await keys.ensure('subject-5', TENANT);
  t.notSame(again, made[5], 'made anew it is another key');
  t.equal(statSync(path).size, size, 'in the free slot');
  await keys.close();
  await t.rejects(keys.ensure('late', TENANT), { code: 'unavailable' });

  const reopened = await openAt(path);
  t.strictSame(reopened.find('subject-5'), again);
  t.strictSame(reopened.find('subject-299'), made[299]);
  t.equal(reopened.find('never'), null);
  await reopened.close();
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('torn writes are wiped, wherever they were torn', async (t) => {
  const path = newPath();
  const keys = await openAt(path);
  const first = await keys.ensure('first', TENANT);
  await keys.ensure('last', TENANT);
  await keys.close();
  const whole = readFileSync(path);
  for (let kept = 1; kept < SLOT_BYTES; kept += 5) {
    // An interrupted destruction: the start of the slot is overwritten, the rest not yet.
    const torn = Buffer.from(whole).fill(0, 4 * SLOT_BYTES, 4 * SLOT_BYTES + kept);
    writeFileSync(path, torn);
    const opened = await openAt(path);
    t.equal(opened.find('last'), null);
    t.strictSame(opened.find('first'), first);
    await opened.close();
    t.ok(
      readFileSync(path)
        .subarray(4 * SLOT_BYTES)
        .every((byte) => byte === 0),
      'what it held is gone',
    );
    // An interrupted creation: the file ends within the slot.
    writeFileSync(path, whole);
    truncateSync(path, 4 * SLOT_BYTES + kept);
    const cut = await openAt(path);
    t.equal(cut.find('last'), null);
    t.strictSame(await cut.ensure('first', TENANT), first);
    await cut.close();
  }
  truncateSync(path, 10);
  const empty = await openAt(path);
  t.equal(empty.find('first'), null, 'a header torn at the first start');
  await empty.close();
});

t.test('another master key, and a file that is none of ours, are refused untouched', async (t) => {
  const path = newPath();
  await (await openAt(path)).close();
  const before = readFileSync(path);
  await t.rejects(openAt(path, Buffer.alloc(32, 8)), { code: 'unavailable', message: /another master key/ });
  t.strictSame(readFileSync(path), before);
  writeFileSync(path, 'x'.repeat(1000));
  await t.rejects(openAt(path), { code: 'unavailable', message: /no key file/ });
});

t.test('every acknowledged key survives SIGKILL, every acknowledged destruction too', async (t) => {
  const path = newPath();
  const program = `
    import { openSubjectKeys } from ${JSON.stringify(new URL('../../storage/keys/file.js', import.meta.url).href)};
    import { systemRandom } from ${JSON.stringify(new URL('../../engine/system.js', import.meta.url).href)};
    const keys = await openSubjectKeys(${JSON.stringify(path)}, Buffer.alloc(32, 7), systemRandom);
    const say = (line) => process.stdout.write(line + '\\n');
    for (let n = Number(process.argv[1]); ; n++) {
      await Promise.all([0, 1, 2].map(async (m) => {
        const subject = n + '/' + m;
        const key = await keys.ensure(subject, 'tenant-' + m);
        say('made ' + subject + ' ' + Buffer.from(key).toString('hex'));
        if (m === 1) { say('destroying ' + subject + ' -'); await keys.destroy(subject); say('destroyed ' + subject + ' -'); }
      }));
    }`;
  const facts = new Map<string, { state: string; key: string }>();
  for (let round = 0; round < 4; round++) {
    const args = ['--input-type=module', '-e', program, String(round * 1_000_000)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [state, subject, key] = line.split(' ') as [string, string, string];
      facts.set(subject, { state, key: state === 'made' ? key : (facts.get(subject)?.key ?? '') });
      lines += 1;
      if (lines === 200 + round * 37) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const keys = await openAt(path);
    for (const [subject, { state, key }] of facts) {
      const found = keys.find(subject);
      const hex = found === null ? null : Buffer.from(found).toString('hex');
      if (state === 'made' && hex !== key) t.fail(`${subject} is lost`);
      if (state === 'destroyed' && hex !== null) t.fail(`${subject} is back`);
    }
    await keys.close();
  }
  t.ok(facts.size > 400);
});

t.test('on a disk that fills up a key is whole, or was never given to anybody', async (t) => {
  const path = newPath();
  const keys = await openAt(path);
  const handle = await open(path);
  const prototype: { write: (...given: unknown[]) => Promise<unknown> } = Object.getPrototypeOf(handle);
  await handle.close();
  const { write } = prototype;
  t.teardown(() => {
    prototype.write = write;
  });
  let room = Number.POSITIVE_INFINITY;
  prototype.write = function (bytes, from, length, at) {
    const part = Math.min(Number(length), room, 40);
    if (part === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    room -= part;
    return write.call(this, bytes, from, part, at);
  };
  const whole = await keys.ensure('in pieces', TENANT);
  room = 50;
  await t.rejects(keys.ensure('cut', TENANT), { code: 'unavailable', message: /ENOSPC/ });
  t.equal(keys.find('cut'), null);
  room = Number.POSITIVE_INFINITY;
  const later = await keys.ensure('cut', TENANT);
  await keys.close();
  const reopened = await openAt(path);
  t.strictSame(reopened.find('in pieces'), whole);
  t.strictSame(reopened.find('cut'), later);
  await reopened.close();
});
