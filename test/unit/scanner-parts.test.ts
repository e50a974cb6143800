import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import t from 'tap';
import { chooseReaction, goodBehaviour, People } from '../../bench/scanner/behaviour.ts';
import { folderImages, syntheticImages } from '../../bench/scanner/images.ts';
import { waitBeforeRetry } from '../../bench/scanner/options.ts';
import { limits } from '../../engine/limits.ts';
import { newBucket, takeToken } from '../../transport/scanner/flood.ts';
import { HandshakeGate } from '../../transport/scanner/handshake-gate.ts';
import { NOT_PLACED, type Timed, TimerWheel } from '../../transport/scanner/heartbeat.ts';
import { renderPush } from '../../transport/scanner/push.ts';
import { VirtualClock } from '../support/clock.ts';
import { seeded } from '../support/openssl.ts';

t.test('token bucket', (t) => {
  const perSecond = limits.scanner_calls_per_s;
  const bucket = newBucket(0);
  let taken = 0;
  while (takeToken(bucket, 0, perSecond)) taken += 1;
  t.equal(taken, limits.scanner_calls_burst);
  t.notOk(takeToken(bucket, 4, perSecond), 'a token takes 5 ms');
  t.ok(takeToken(bucket, 5, perSecond));
  t.notOk(takeToken(bucket, 5, perSecond));
  t.notOk(takeToken(bucket, 1, perSecond), 'a clock that steps back earns nothing');
  let later = 0;
  while (takeToken(bucket, 1e9, perSecond)) later += 1;
  t.equal(later, limits.scanner_calls_burst, 'never more than the burst');
  const slow = newBucket(0);
  t.ok(takeToken(slow, 0, 1) && takeToken(slow, 0, 1), 'twice what a tenant allows a second, at once');
  t.notOk(takeToken(slow, 0, 1));
  t.ok(takeToken(slow, 5, perSecond), 'another rate holds from the next message on');
  t.end();
});

t.test('the wheel calls each once, at its time, and stands still when empty', async (t) => {
  const clock = new VirtualClock();
  const wheel = new TimerWheel(clock);
  const fired: string[] = [];
  const timed = (name: string, then?: () => void): Timed => ({
    wheelSlot: NOT_PLACED,
    due: () => {
      fired.push(`${name}@${clock.monotonic() / 1000}`);
      then?.();
    },
  });
  const a = timed('a', () => {
    if (fired.length < 3) wheel.place(a, 20_000);
  });
  const b = timed('b');
  const gone = timed('gone');
  wheel.place(a, 20_000);
  wheel.place(b, 1);
  wheel.place(gone, 5_000);
  wheel.place(b, 3_000);
  wheel.remove(gone);
  wheel.remove(gone);
  await clock.advance(200_000);
  t.strictSame(fired, ['b@3', 'a@20', 'a@40']);
  t.equal(clock.nextDue(), null, 'no tick while nothing is placed');
  t.equal(a.wheelSlot, NOT_PLACED);
  wheel.place(timed('far'), 1e9);
  await clock.advance(63_000);
  t.equal(fired.at(-1), 'far@263', 'longer than a turn is a turn');
});

t.test('the handshake gate', (t) => {
  const clock = new VirtualClock();
  const begun: FakeSocket[] = [];
  const gate = new HandshakeGate(clock, (socket) => begun.push(socket as never));
  const enter = (): FakeSocket => {
    const socket = new FakeSocket();
    gate.enter(socket as never);
    return socket;
  };
  const leave = (socket: FakeSocket): number | null => gate.leave(socket as never);
  const running = Array.from({ length: limits.handshakes_at_once_max }, enter);
  t.equal(begun.length, limits.handshakes_at_once_max);
  const [first, gaveUp, second] = [enter(), enter(), enter()];
  t.equal(begun.length, limits.handshakes_at_once_max, 'the next ones wait');
  gaveUp.destroy();
  leave(running[0]!);
  leave(running[0]!);
  t.equal(begun.at(-1), first, 'leaving twice lets only one in');
  leave(running[1]!);
  t.equal(begun.at(-1), second, 'one that gave up is passed over');

  const old = enter();
  clock.after(limits.handshake_wait_ms + 1, () => {});
  clock.step();
  const fresh = enter();
  leave(running[2]!);
  t.ok(old.destroyed, 'one that waited longer than scanners are asked to is dropped');
  t.equal(begun.at(-1), fresh);

  while (gate.counts.waiting < limits.handshakes_waiting_max) enter();
  t.ok(enter().destroyed, 'more than may wait are refused');
  t.equal(gate.counts.refused, 2, 'and so is who waited too long');
  gate.close();
  t.equal(gate.counts.waiting, 0);
  t.end();
});

class FakeSocket extends EventEmitter {
  destroyed = false;
  destroy(): Socket {
    this.destroyed = true;
    return this as never;
  }
}

t.test('a push is encoded once for all who get it', (t) => {
  let encodings = 0;
  const config = {
    toJSON: () => {
      encodings += 1;
      return { a: 1 };
    },
  } as never;
  const frames = [1, 2, 3].map((seq) => renderPush({ seq, method: 'config.update', config }));
  t.equal(encodings, 1);
  t.strictSame(
    frames.map((frame) => JSON.parse(frame)),
    [1, 2, 3].map((seq) => ({
      jsonrpc: '2.0',
      id: seq,
      method: 'config.update',
      params: { seq, config: { a: 1 } },
    })),
  );
  t.end();
});

t.test('simulated people', (t) => {
  const people = new People(syntheticImages({ seed: 1 }));
  const user = { user_id: 'u', external_user_id: 'person-17' };
  t.equal(people.identityOf(user), 17);
  const unnamed = people.identityOf({ user_id: 'u', external_user_id: null });
  t.equal(unnamed, people.identityOf({ user_id: 'u', external_user_id: null }));
  t.not(unnamed, people.identityOf({ user_id: 'v', external_user_id: null }));

  const challenge = {
    ...user,
    challenge_id: 'c',
    type: 'enroll' as const,
    hardware_id: null,
    palm_type: 'both' as const,
    status: 'presented',
    expires_at: '',
    metadata: null,
  };
  const scans = people.scansFor(challenge, 'answer', 3);
  t.strictSame(
    scans.map(({ palm_type }) => palm_type),
    ['left', 'left', 'left', 'right', 'right', 'right'],
  );
  const images = scans.map((scan) => ('data' in scan ? Buffer.from(scan.data).toString('base64') : ''));
  t.equal(new Set(images).size, 6, 'no image is shown twice');
  const again = new People(syntheticImages({ seed: 1 })).scansFor(challenge, 'answer', 3);
  t.same(again, scans, 'the same seed gives the same captures');
  t.equal(people.scansFor({ ...challenge, type: 'verify', palm_type: null }, 'wrong_palm', 3).length, 1);
  t.throws(() => folderImages(import.meta.dirname), /no two palms/);
  t.end();
});

t.test('behaviour and back-off', (t) => {
  const { next } = seeded(5);
  const random = { fraction: () => next(1_000_000) / 1_000_000 } as never;
  const behaviour = { ...goodBehaviour, disconnect: 0.1, noAnswer: 0.2, wrongPalm: 0.3, poorQuality: 0.1 };
  const counts: Record<string, number> = {};
  for (let draw = 0; draw < 10_000; draw += 1) {
    const reaction = chooseReaction(behaviour, random);
    counts[reaction] = (counts[reaction] ?? 0) + 1;
  }
  for (const [reaction, share] of Object.entries({
    disconnect: 0.1,
    no_answer: 0.2,
    wrong_palm: 0.3,
    poor_quality: 0.1,
    answer: 0.3,
  })) {
    t.ok(Math.abs((counts[reaction] ?? 0) / 10_000 - share) < 0.02, reaction);
  }
  const wait = (code: number, attempts: number, fraction: number) =>
    waitBeforeRetry(code, attempts, {}, { fraction: () => fraction } as never);
  t.equal(wait(1006, 0, 1), 500);
  t.equal(wait(1006, 3, 1), 4_000);
  t.equal(wait(1006, 30, 1), 30_000);
  t.equal(wait(1012, 0, 1), limits.reconnect_jitter_ms);
  t.equal(wait(1006, 3, 0), 400, 'never at once');
  t.end();
});
