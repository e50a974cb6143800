/** Signatures of callbacks and webhooks: whatever is not exactly what was signed, and now, does not hold. */
import { createHmac } from 'node:crypto';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { signatureHeaders, signatureHolds } from '../../engine/webhooks/sign.ts';

const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString('base64')}`;
const now = 1_780_000_000_000;
const body = '{"session_id":"1","status":"verified"}';
const good = signatureHeaders(key, 'msg_1', body, now);
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

function holds(headers: Headers, text = body, at = now): boolean {
  return signatureHolds(secret, headers, text, at);
}

/** Signed by the right key over whatever stands there. */
function signed(id: string, timestamp: string, text = body): Headers {
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}

t.test('what holds', (t) => {
  t.ok(holds({ ...good }));
  const tolerance = limits.webhook_signature_tolerance_s * 1000;
  t.ok(holds({ ...good }, body, now + tolerance));
  t.ok(holds({ ...good }, body, now - tolerance));
  const other = signatureHeaders(Buffer.alloc(32, 8), 'msg_1', body, now);
  t.ok(holds({ ...good, 'webhook-signature': `${other['webhook-signature']} ${good['webhook-signature']}` }));
  t.end();
});

t.test('what does not', (t) => {
  const { 'webhook-signature': signature, 'webhook-timestamp': timestamp } = good;
  const mac = signature.slice(3);
  const seconds = Number(timestamp);
  const hostile: Readonly<Record<string, Headers>> = {
    nothing: {},
    'no identifier': { ...good, 'webhook-id': undefined },
    'no time': { ...good, 'webhook-timestamp': undefined },
    'no signature': { ...good, 'webhook-signature': undefined },
    'an empty signature': { ...good, 'webhook-signature': '' },
    'a version alone': { ...good, 'webhook-signature': 'v1,' },
    'another version': { ...good, 'webhook-signature': `v1a,${mac}` },
    'no version': { ...good, 'webhook-signature': mac },
    'a version in capitals': { ...good, 'webhook-signature': `V1,${mac}` },
    'cut off': { ...good, 'webhook-signature': signature.slice(0, -6) },
    longer: {
      ...good,
      'webhook-signature': `v1,${Buffer.concat([Buffer.from(mac, 'base64'), Buffer.of(0)]).toString('base64')}`,
    },
    'in hex': { ...good, 'webhook-signature': `v1,${Buffer.from(mac, 'base64').toString('hex')}` },
    'all zero': { ...good, 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}` },
    'with the secret’s text as the key': {
      ...good,
      'webhook-signature': `v1,${createHmac('sha256', secret).update(`msg_1.${timestamp}.${body}`).digest('base64')}`,
    },
    'with no key': {
      ...good,
      'webhook-signature': `v1,${createHmac('sha256', '').update(`msg_1.${timestamp}.${body}`).digest('base64')}`,
    },
    'another identifier': { ...good, 'webhook-id': 'msg_2' },
    'another time': { ...good, 'webhook-timestamp': String(seconds + 1) },
    'two headers': { ...good, 'webhook-signature': [signature, signature] },
    'the boundary moved': { ...good, 'webhook-id': `msg_1.${timestamp}`, 'webhook-timestamp': timestamp },
  };
  for (const [name, headers] of Object.entries(hostile)) t.notOk(holds(headers), name);
  const times = [
    '',
    'NaN',
    'Infinity',
    '-1',
    `+${seconds}`,
    ` ${seconds}`,
    `${seconds}.0`,
    `${seconds}e0`,
    `0x${seconds.toString(16)}`,
    `${seconds}000`,
    String(now),
    '9'.repeat(400),
    String(seconds - limits.webhook_signature_tolerance_s - 1),
    String(seconds + limits.webhook_signature_tolerance_s + 1),
  ];
  for (const time of times) t.notOk(holds(signed('msg_1', time)), `signed at ${time.slice(0, 20)}`);
  for (const text of ['', `${body} `, body.replace('1', '2'), `${timestamp}.${body}`])
    t.notOk(holds({ ...good }, text), text);
  t.end();
});
