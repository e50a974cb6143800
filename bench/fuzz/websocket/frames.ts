/** WebSocket frames (RFC 6455) as no client library would send them. */
import { deflateRawSync } from 'node:zlib';
import { openMethod } from '../../../transport/scanner/calls.ts';
import { readBinaryFrame, readTextFrame } from '../../../transport/scanner/frames.ts';
import { type CallId, readMessage } from '../../../transport/scanner/json-rpc.ts';
import type { Draw } from '../draw.ts';
import { rightCall, rpcBinary, rpcText } from './messages.ts';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  readonly fin?: boolean;
  /** Reserved bits, of which the first would say that the message is compressed. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** What the frame says its payload's length is. */
  readonly claimed?: bigint;
  /** Bytes in which the length is written; null: as few as it takes. */
  readonly lengthBytes?: 0 | 2 | 8;
}

/** One frame of a client. */
export function frame(code: number, payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, masked = true, claimed = BigInt(payload.length), lengthBytes } = options;
  const size = lengthBytes ?? (claimed < 126n ? 0 : claimed < 65_536n ? 2 : 8);
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | ((reserved & 7) << 4) | (code & 15);
  head[1] = (masked ? 0x80 : 0) | (size === 0 ? Number(claimed & 127n) : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(Number(claimed & 0xffffn), 2);
  if (size === 8) head.writeBigUInt64BE(BigInt.asUintN(64, claimed), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const key = Buffer.of(0x37, 0xfa, 0x21, 0x3d);
  const hidden = Buffer.from(payload);
  for (let at = 0; at < hidden.length; at += 1) hidden[at] = (hidden[at] ?? 0) ^ (key[at & 3] ?? 0);
  return Buffer.concat([head, key, hidden]);
}

export interface FrameInput {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether the bytes end within a frame, so that nothing behind them can be understood. */
  readonly open: boolean;
  /** Whether its connection should survive it, so that others may follow on it before the outcome is known. */
  readonly survivable: boolean;
  /** The call that must be answered; null: it is none. */
  readonly call: CallId | null;
}

type Make = (draw: Draw) => FrameInput;

const text = (draw: Draw): Buffer => Buffer.from(rightCall(draw, draw.text(8, 'abcdef')));
const whole = (name: string, ...frames: readonly Buffer[]): FrameInput => ({
  name,
  bytes: Buffer.concat(frames),
  open: false,
  survivable: false,
  call: null,
});
const openEnded = (name: string, bytes: Buffer): FrameInput => ({ ...whole(name, bytes), open: true });

/** An input that is one message. What the engine's own reader makes of it says what is to be expected, and no more. */
function message(name: string, code: 1 | 2, payload: Uint8Array, ...frames: readonly Buffer[]): FrameInput {
  const input = whole(name, ...frames);
  const read = code === opcode.text ? readTextFrame(payload) : readBinaryFrame(payload);
  const meant = read.ok ? readMessage(read.json) : null;
  if (meant?.kind !== 'call' || meant.method === openMethod) return input;
  return { ...input, survivable: true, call: meant.id };
}

/** Texts that are no UTF-8: cut, overlong, surrogates, beyond Unicode. */
const noText = [
  '80',
  'c080',
  'c1bf',
  'e08080',
  'eda080',
  'f0808080',
  'f4908080',
  'f8888080',
  'ff',
  'e282',
  'f09f96',
].map((hex) => Buffer.from(hex, 'hex'));
const bomb = deflateRawSync(Buffer.alloc(8 * 1024 * 1024));

const fatal: readonly Make[] = [
  (draw) => whole('opcode', frame(draw.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), text(draw))),
  (draw) => whole('reserved', frame(draw.pick([1, 2, 9]), text(draw), { reserved: draw.between(1, 7) })),
  (draw) => whole('unmasked', frame(draw.pick([1, 2, 8, 9]), draw.bytes(draw.below(100)), { masked: false })),
  (draw) => whole('compressed', frame(draw.pick([1, 2]), bomb, { reserved: 4 })),
  (draw) => {
    const claimed = draw.pick([2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 32n, 4_194_305n, 2n ** 31n]);
    return openEnded('length', frame(draw.pick([1, 2]), Buffer.from('{}'), { claimed, lengthBytes: 8 }));
  },
  (draw) => {
    const claimed = draw.pick([21n, 100n, 125n]);
    return openEnded('short', frame(draw.pick([1, 2, 9]), draw.bytes(20), { claimed }));
  },
  (draw) => openEnded('cut', frame(1, text(draw)).subarray(0, draw.between(1, 12))),
  (draw) => whole('continuation', frame(0, text(draw), { fin: draw.chance(0.5) })),
  (draw) => whole('interleaved', frame(1, text(draw), { fin: false }), frame(draw.pick([1, 2]), text(draw))),
  (draw) => {
    const more = Array<Buffer>(draw.below(5)).fill(frame(0, Buffer.from('x'), { fin: false }));
    return openEnded('unfinished', Buffer.concat([frame(1, text(draw), { fin: false }), ...more]));
  },
  () =>
    whole(
      'fragments',
      frame(1, Buffer.from('{'), { fin: false }),
      ...Array<Buffer>(1_100).fill(frame(0, Buffer.from(' '), { fin: false })),
    ),
  (draw) => whole('control', frame(draw.pick([8, 9, 10]), Buffer.alloc(2), { fin: false })),
  (draw) => whole('control-length', frame(draw.pick([8, 9, 10]), Buffer.alloc(draw.between(126, 400)))),
  (draw) =>
    whole('utf8', frame(1, Buffer.concat([Buffer.from('{"a":"'), draw.pick(noText), Buffer.from('"}')]))),
  (draw) => {
    const bad = draw.pick(noText);
    const at = draw.below(bad.length);
    return whole(
      'utf8-fragments',
      frame(1, Buffer.concat([Buffer.from('{"a":"'), bad.subarray(0, at)]), { fin: false }),
      frame(0, Buffer.concat([bad.subarray(at), Buffer.from('"}')])),
    );
  },
  (draw) => {
    const code = Buffer.alloc(2);
    code.writeUInt16BE(
      draw.pick([
        0, 999, 1_000, 1_004, 1_005, 1_006, 1_012, 1_015, 1_016, 2_999, 3_000, 4_999, 5_000, 65_535,
      ]),
    );
    return whole(
      'close',
      frame(8, draw.pick([Buffer.alloc(0), Buffer.alloc(1), code, Buffer.concat([code, draw.pick(noText)])])),
    );
  },
  (draw) => openEnded('noise', draw.bytes(1 + draw.length(2_000))),
  (draw) => openEnded('mutated', draw.mutated(frame(draw.pick([1, 2]), text(draw)))),
];

/** Most of these are calls or pings; a message among them may still be one that ends its connection. */
const messages: readonly Make[] = [
  (draw) => textMessage('text', Buffer.from(rpcText(draw))),
  (draw) => textMessage('call', text(draw)),
  (draw) => binaryMessage(draw),
  (draw) => binaryMessage(draw),
  (draw) => ({ ...whole('ping', frame(9, draw.bytes(draw.below(126)))), survivable: true }),
  (draw) => ({ ...whole('pong', frame(10, draw.bytes(draw.below(126)))), survivable: true }),
  (draw) => {
    const call = text(draw);
    const at = draw.below(call.length);
    const first = frame(1, call.subarray(0, at), { fin: false });
    return message('fragmented', 1, call, first, frame(9, Buffer.from('p')), frame(0, call.subarray(at)));
  },
  (draw) => {
    const call = text(draw);
    return message('long-form', 1, call, frame(1, call, { lengthBytes: 8 }));
  },
];

function textMessage(name: string, payload: Buffer): FrameInput {
  return message(name, opcode.text, payload, frame(opcode.text, payload));
}

function binaryMessage(draw: Draw): FrameInput {
  const payload = rpcBinary(draw);
  return message('binary', opcode.binary, payload, frame(opcode.binary, payload));
}

/** Each of the worst costs a connection: more of them say less than more messages. */
const FATAL_SHARE = 0.12;

/** One input of this surface: a frame, or a few that belong together. */
export function frameInput(draw: Draw): FrameInput {
  return draw.pick(draw.chance(FATAL_SHARE) ? fatal : messages)(draw);
}
