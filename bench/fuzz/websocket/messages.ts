/** JSON-RPC as no scanner should speak it, in text and in binary frames. */
import { exampleOf } from '../../../transport/http/openapi/example.ts';
import { scannerCalls } from '../../../transport/scanner/calls.ts';
import type { Draw } from '../draw.ts';
import { hostileBody, hostileJson, hostileText } from '../json.ts';

const methods = Object.keys(scannerCalls);
/** Calls that leave nothing behind when their params happen to be right. */
const harmless = methods.filter((name) => name !== 'certificate.renew' && name !== 'signup.start');

const ids = [
  '1',
  '0',
  '-1',
  '1.5',
  '1e400',
  '9007199254740993',
  'null',
  'true',
  '"a"',
  '""',
  '{}',
  '[]',
  `"${'x'.repeat(65)}"`,
  '"\\u0000"',
  '"\\ud800"',
];

/** A call whose envelope is right, so that its params are looked at. */
export function rightCall(draw: Draw, id: string): string {
  const method = draw.pick(harmless);
  const schema = scannerCalls[method]?.params.json ?? {};
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"${method}","params":${hostileBody(draw, schema, exampleOf(schema))}}`;
}

/** A text message, from nearly right to nonsense. */
export function rpcText(draw: Draw): string {
  switch (draw.below(20)) {
    case 0:
      return hostileJson(draw);
    case 1:
      return `[${rightCall(draw, 'a')},${rightCall(draw, 'b')}]`;
    case 2:
      return `{"jsonrpc":"2.0","method":"${draw.pick(methods)}"}`;
    case 3:
      return `{"jsonrpc":"2.0","id":${draw.pick(ids)},"result":${hostileJson(draw)}}`;
    case 4:
      return `{"jsonrpc":"2.0","id":${draw.below(100)},"error":{"code":${draw.pick(['-32601', '1e400', '"a"', 'null'])}}}`;
    case 5:
      return `{"jsonrpc":${draw.pick(['"2.0"', '2', '"1.0"', 'null'])},"id":${draw.pick(ids)},"method":${draw.pick(['1', '""', '"__proto__"', '"constructor"', '"session.open"', hostileText(draw)])},"params":${hostileJson(draw)}}`;
    case 6:
      return `{"jsonrpc":"2.0","id":1,"method":"x","result":1,"error":null}`;
    case 7:
      return draw.mutated(Buffer.from(rightCall(draw, 'm'))).toString('latin1');
    case 8:
      return `{"jsonrpc":"2.0","id":${draw.pick(ids)},"method":"device.report","params":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}`;
    default:
      return rightCall(draw, draw.text(8, 'abcdef'));
  }
}

const references = [
  '@payload',
  '@payload:0:4',
  '@payload:0:0',
  '@payload:4294967295:1',
  '@payload:9999999999:9999999999',
  '@payload:1:1000000',
  '@payload:-1:2',
  '@payload:00:1',
  '@payload:',
  '@',
  '@payload:1',
  '@payload:1:2:3',
];

/** A scan that refers to the payload in ways it should not. */
function scanOf(draw: Draw): object {
  const data = draw.pick(references);
  const palm_type = draw.pick(['left', 'right', 'both', '']);
  switch (draw.below(3)) {
    case 0:
      return {
        format: 'image',
        encoding: 'raw8',
        width: draw.pick([32, 128, 0, 4_000_000_000]),
        height: draw.pick([32, 2_048]),
        data,
        palm_type,
      };
    case 1:
      return { format: 'image', encoding: 'png', width: 40, height: 40, data, palm_type };
    default:
      return { format: 'template', model: 'thenar-palm-1', data, palm_type };
  }
}

/** A binary message: its header may lie about its length, its scans about the payload. */
export function rpcBinary(draw: Draw): Buffer {
  const params = draw.chance(0.5)
    ? { scan: scanOf(draw), idempotency_key: draw.text(12, '0123456789abcdef') }
    : {
        scans: Array.from({ length: draw.below(14) }, () => scanOf(draw)),
        user_id: '00000000-0000-4000-8000-000000000000',
      };
  const method = draw.pick(['transaction.create', 'palm.enroll', 'challenge.complete']);
  const call = { jsonrpc: '2.0', id: draw.text(8, 'ghijkl'), method, params };
  const header = Buffer.from(draw.chance(0.8) ? JSON.stringify(call) : rpcText(draw));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(
    draw.chance(0.85)
      ? header.length
      : draw.pick([0, 1, header.length + 1, 65_536, 65_537, 0x7fffffff, 0xffffffff]),
  );
  const payload = draw.bytes(draw.chance(0.8) ? draw.length(1_100) : 0);
  const frame = Buffer.concat([length, header, payload]);
  return draw.chance(0.05) ? frame.subarray(0, draw.below(8)) : frame;
}
