import t from 'tap';
import { binaryFrame, packScans, type SentScan } from '../../bench/scanner/wire.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import {
  type Frame,
  readBinaryFrame,
  readTextFrame,
  takePayloadParts,
} from '../../transport/scanner/frames.ts';
import { readMessage } from '../../transport/scanner/json-rpc.ts';
import { seeded } from '../support/openssl.ts';

const seed = Number(process.env.THENAR_TEST_SEED ?? 4711);

t.test('what a client packs is what the engine finds', (t) => {
  const random = seeded(seed);
  for (let round = 0; round < 300; round += 1) {
    const scans = Array.from({ length: 1 + random.next(6) }, (): SentScan => {
      const hand = random.next(2) === 0 ? 'left' : 'right';
      const data = random.bytes(1 + random.next(400));
      if (random.next(4) === 0) return { format: 'template', model: 'm', data, palm_type: hand };
      return { format: 'image', encoding: 'png', width: 64, height: 64, data, palm_type: hand };
    });
    const { params, payload } = packScans(scans);
    const frame = readBinaryFrame(binaryFrame({ jsonrpc: '2.0', id: 1, method: 'x', params }, payload));
    if (!frame.ok) return void t.fail(`seed ${seed}, round ${round}: ${frame.message}`);
    const message = readMessage(frame.json);
    if (message.kind !== 'call') return void t.fail(`seed ${seed}, round ${round}: ${message.kind}`);
    const parts = takePayloadParts(message.params, frame.payload);
    for (const [index, scan] of scans.entries()) {
      const part = parts.get(scans.length === 1 ? 'scan' : `scans[${index}]`);
      if ('data' in scan && !Buffer.from(scan.data).equals(part ?? Buffer.alloc(0))) {
        return void t.fail(`seed ${seed}, round ${round}, scan ${index}`);
      }
    }
  }
  t.pass('300 rounds');
  t.end();
});

t.test('damaged frames are read or refused, never thrown', (t) => {
  const random = seeded(seed + 1);
  const header = {
    jsonrpc: '2.0',
    id: 7,
    method: 'challenge.complete',
    params: { scan: { data: '@payload' } },
  };
  const sound = binaryFrame(header, Buffer.alloc(50, 9));
  let refused = 0;
  for (let round = 0; round < 5_000; round += 1) {
    const bytes = Uint8Array.from(
      sound.subarray(0, random.next(2) === 0 ? sound.length : random.next(sound.length)),
    );
    for (let changes = random.next(6); changes > 0 && bytes.length > 0; changes -= 1) {
      bytes[random.next(bytes.length)] = random.next(256);
    }
    try {
      for (const frame of [readBinaryFrame(bytes), readTextFrame(bytes)]) {
        if (!read(frame)) refused += 1;
      }
    } catch (error) {
      return void t.fail(`seed ${seed}, round ${round}: ${String(error)}`);
    }
  }
  t.ok(refused > 5_000, 'most of them are refused');
  t.end();
});

/** As the connection does it: whatever a frame holds ends in a message, a refusal, or `validation_failed`. */
function read(frame: Frame): boolean {
  if (!frame.ok) return false;
  const message = readMessage(frame.json);
  if (message.kind !== 'call') return false;
  try {
    takePayloadParts(message.params, frame.payload);
    return true;
  } catch (error) {
    if (error instanceof ThenarError && error.code === 'validation_failed') return false;
    throw error;
  }
}

t.test('parts of a payload', (t) => {
  const payload = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  const parts = (params: unknown) => [...takePayloadParts(params, payload).entries()];
  const scans = (...references: string[]) => ({ scans: references.map((data) => ({ data })) });

  t.same(parts(scans('@payload:0:4', '@payload:4:6')), [
    ['scans[0]', payload.subarray(0, 4)],
    ['scans[1]', payload.subarray(4)],
  ]);
  t.same(parts(scans('@payload:10:0')), [['scans[0]', payload.subarray(10)]], 'empty at the very end');
  t.same(parts({ scan: { data: 'aGk=' }, scans: 7 }), [], 'base64 is left alone');
  t.same(parts({ context: { scan: { data: '@payload' } } }), [], 'only where a scan stands');
  t.same([...takePayloadParts(scans('@payload'), null)], [], 'a text frame has no payload');

  const mutated = scans('@payload:0:4', 'aGk=');
  parts(mutated);
  t.same(mutated, { scans: [{ data: '@payload' }, { data: 'aGk=' }] });

  for (const wrong of ['@payload:0:11', '@payload:11:0', '@payload:9999999999:9999999999']) {
    t.throws(() => parts(scans(wrong)), { code: 'validation_failed', message: /beyond/ }, wrong);
  }
  for (const wrong of ['@', '@payload:', '@payload:1', '@payload:1:2:3', '@payload:1e1:2', '@payload: 1:2']) {
    t.throws(() => parts(scans(wrong)), { code: 'validation_failed', message: /must be base64/ }, wrong);
  }
  t.throws(() => parts(scans('@payload:0:6', '@payload:5:5')), { message: /shares/ });
  t.end();
});

t.test('bounds of JSON', (t) => {
  const nested = (depth: number) => Buffer.from(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
  t.ok(readTextFrame(nested(limits.json_depth_max)).ok);
  t.notOk(readTextFrame(nested(limits.json_depth_max + 1)).ok);
  const flat = (count: number) =>
    Buffer.from(
      `[${Array(count - 1)
        .fill('[]')
        .join(',')}]`,
    );
  t.ok(readTextFrame(flat(limits.json_containers_max)).ok);
  t.notOk(readTextFrame(flat(limits.json_containers_max + 1)).ok);
  t.notOk(readTextFrame(Buffer.from('[').fill(0x5b)).ok);
  t.notOk(readTextFrame(Buffer.alloc(limits.frame_bytes_max, 0x5b)).ok, 'four million brackets');
  t.notOk(readTextFrame(Buffer.from('\ufeff{}')).ok, 'a byte order mark is no JSON');
  t.end();
});
