import { readFileSync } from 'node:fs';
import t from 'tap';
import { closeCodes } from '../../actors/device/protocol.ts';
import { assetPath } from '../../engine/asset.ts';
import { limits } from '../../engine/limits.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { openMethod, scannerCalls } from '../../transport/scanner/calls.ts';
import { readMessage, rpcCodes } from '../../transport/scanner/json-rpc.ts';
import { pushCalls } from '../../transport/scanner/push.ts';
import { SCANNER_PATH, SUBPROTOCOL } from '../../transport/scanner/upgrade.ts';

const page = readFileSync(assetPath('docs', 'scanner-protocol.md'), 'utf8');

t.test('the page names what the code has', (t) => {
  const tabled = [...page.matchAll(/^\| `([a-z]+\.[a-z_]+)` \|/gm)].map(([, name]) => name);
  t.strictSame(new Set(tabled), new Set([...Object.keys(scannerCalls), ...Object.keys(pushCalls)]));
  for (const code of Object.values(closeCodes)) t.match(page, new RegExp(`^\\| ${code} \\|`, 'm'));
  for (const code of Object.values(rpcCodes)) t.match(page, `| −${-code} |`);
  for (const name of [openMethod, SCANNER_PATH, SUBPROTOCOL, palmModel]) t.match(page, name);
  t.end();
});

t.test('and its numbers are the limits', (t) => {
  const grouped = (number: number): string => number.toLocaleString('en-US');
  t.match(page, `(${grouped(limits.frame_bytes_max)} bytes)`);
  t.match(page, `at most ${grouped(limits.frame_fragments_max)} fragments`);
  t.match(page, `at most ${grouped(limits.frame_header_bytes_max)} bytes`);
  t.match(page, `1 to ${limits.scanner_call_id_length_max} characters`);
  t.match(page, `at most ${limits.json_depth_max} deep`);
  t.match(page, `at most ${grouped(limits.json_containers_max)} in one message`);
  t.match(page, `within ${limits.session_open_timeout_ms / 1000} seconds of connecting`);
  t.match(page, `up to ${limits.reject_reason_length_max} characters`);
  t.match(page, `${limits.scanner_calls_per_s} calls a second with bursts of ${limits.scanner_calls_burst}`);
  t.match(page, `have ${limits.scanner_calls_in_flight_max} calls under way`);
  t.match(page, `when ${limits.socket_buffer_bytes_max / 2 ** 20} MiB waits`);
  t.match(page, `more than ${limits.scanner_bytes_in_flight_max / 2 ** 20} MiB of its calls`);
  t.match(page, `delay of up to ${limits.reconnect_jitter_ms / 1000} s`);
  t.match(page, `${limits.image_side_min} to ${grouped(limits.image_side_max)} pixels a side`);
  t.equal(limits.heartbeat_missed_max, 2, 'two pings');
  t.equal(limits.scans_per_enrolment_max, 12, 'twelve the most');
  t.equal(limits.challenge_attempts_max, 3, 'three times in all');
  t.end();
});

t.test('its examples are messages of the protocol', (t) => {
  const blocks = [...page.matchAll(/```json\n(.*?)```/gs)].flatMap(([, text]) =>
    (text ?? '').split(/\n(?=\{)/),
  );
  const messages = blocks.map((text) => JSON.parse(text)).filter((json) => 'jsonrpc' in json);
  t.ok(messages.length > 10);
  for (const message of messages) t.not(readMessage(message).kind, 'invalid', JSON.stringify(message));
  t.end();
});
