/** What a verification server may say, and what is not believed. */
import t from 'tap';
import type { HttpReply, OutboundRequest } from '../../engine/outbound/send.ts';
import { RemoteMatcher } from '../../engine/palm/remote.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import { alteredCode, makePalm, seeded } from '../support/shard.ts';

const fraction = seeded(3);
const palm = makePalm(fraction, 1);
const template = encodeTemplate(palm.templates[0]!);
const scan = { format: 'template', model: 'thenar-palm-1', data: template, palmType: 'right' } as const;
const ten = Array.from({ length: 10 }, () => 0.5);

function answering(status: number, body: unknown, sent: OutboundRequest[] = []) {
  const reply: HttpReply = { status, retryAfter: undefined, body: JSON.stringify(body) };
  const send = async (request: OutboundRequest) => {
    sent.push(request);
    return reply;
  };
  const server = { url: 'https://verify.example.com/base', apiKey: 'k', timeoutMs: 700 };
  return new RemoteMatcher({ send, close: () => {} }, server);
}

t.test('requests carry version, key and time', async (t) => {
  const sent: OutboundRequest[] = [];
  await answering(404, { error: { code: 'not_found' } }, sent).feature('t', 'a/b c', 'left');
  t.match(sent[0], {
    endpoint: 'https://verify.example.com/base/v1/features/a%2Fb%20c?tenant_id=t&palm_type=left',
    method: 'GET',
    headers: { authorization: 'Bearer k' },
    timeoutMs: 700,
  });
  t.notOk('traceparent' in sent[0]!.headers, 'nobody traces');
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  await t.rejects(answering(500, {}, sent).compare(scan, [template], trace), { code: 'unavailable' });
  t.equal(sent[1]?.headers.traceparent, trace);
});

t.test('answers that are not of the protocol are no answers', async (t) => {
  const vendor = 'v';
  const comparison = { scores: ten, fused: 0.5 };
  const bad: unknown[] = [
    null,
    [],
    'text',
    {},
    { vendor, comparisons: [] },
    { vendor, comparisons: [comparison, comparison] },
    { comparisons: [comparison] },
    { vendor, comparisons: [{ scores: ten.slice(1), fused: 0.5 }] },
    { vendor, comparisons: [{ scores: ten, fused: 1.5 }] },
    { vendor, comparisons: [{ scores: ten.map(String), fused: 0.5 }] },
    { vendor, comparisons: [{ scores: [...ten.slice(1), null], fused: 0.5 }] },
  ];
  for (const body of bad) {
    await t.rejects(answering(200, body).compare(scan, [template]), { code: 'unavailable' });
  }
  t.same(await answering(200, { vendor, comparisons: [comparison] }).compare(scan, [template]), {
    ok: true,
    value: { vendor, comparisons: [comparison] },
  });
});

t.test('templates are checked byte by byte', async (t) => {
  const good = Buffer.from(template).toString('base64');
  const damaged = Buffer.from(template);
  damaged[100]! ^= 1;
  const ask = (...templates: unknown[]) =>
    answering(200, { feature_id: 'f', templates }).feature('t', 'f', 'left');
  t.equal((await ask(good))?.length, 1);
  for (const wrong of ['', 'AAAA', 7, damaged.toString('base64')]) {
    await t.rejects(ask(good, wrong), { code: 'unavailable' });
  }
  await t.rejects(ask(), { code: 'unavailable' });
  await t.rejects(answering(200, { feature_id: 'other', templates: [good] }).feature('t', 'f', 'left'), {
    code: 'unavailable',
  });
  const other = { ...palm.templates[0]!, code: alteredCode(fraction, palm.templates[0]!.code, 0.1) };
  t.equal((await ask(good, Buffer.from(encodeTemplate(other)).toString('base64')))?.length, 2);
});

t.test('refusals of a scan are passed on, all else is unavailability', async (t) => {
  const poor = { error: { code: 'palm_quality_too_low', message: 'Too dark.' } };
  t.same(await answering(422, poor).extract(scan), {
    ok: false,
    code: 'palm_quality_too_low',
    message: 'Too dark.',
  });
  for (const [status, body] of [
    [422, { error: { code: 'user_suspended', message: 'no' } }],
    [401, {}],
    [500, {}],
    [302, {}],
    [404, { error: { code: 'route_not_found' } }],
  ] as const) {
    await t.rejects(answering(status, body).extract(scan), { code: 'unavailable' });
    await t.rejects(answering(status, body).feature('t', 'f', 'left'), { code: 'unavailable' });
  }
  await t.rejects(answering(200, { status: 'ok', vendor: 'v', model: 'another' }).health(), {
    code: 'unavailable',
  });
});
