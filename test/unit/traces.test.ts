/** Traces: what is read of headers and settings, what is kept, and a collector that is not there. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import t from 'tap';
import { Traces } from '../../actors/traces.ts';
import { assetPath } from '../../engine/asset.ts';
import { readConfig } from '../../engine/config.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { Meter } from '../../engine/meter.ts';
import type { Clock } from '../../engine/ports.ts';
import { settings } from '../../engine/settings.ts';
import { systemClock } from '../../engine/system.ts';
import type { TracingConfig } from '../../engine/trace/config.ts';
import { inSpan, noSpan, noTracer, readTraceparent } from '../../engine/trace/spans.ts';
import { openTracing } from '../../transport/tracing/open.ts';
import { SpanQueue } from '../../transport/tracing/queue.ts';
import { settled, VirtualClock } from '../support/clock.ts';
import { Collector } from '../support/collector.ts';

const TRACE = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);

t.test('traceparent is read as the recommendation has it', async (t) => {
  const whole = `00-${TRACE}-${SPAN}-01`;
  const read: readonly (readonly [string | undefined, string | null])[] = [
    [whole, whole],
    [`00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
    // Flags that we do not know are not handed on.
    [`00-${TRACE}-${SPAN}-ff`, whole],
    [`01-${TRACE}-${SPAN}-01-more`, whole],
    [`00-${TRACE}-${SPAN}-01-more`, null],
    [`ff-${TRACE}-${SPAN}-01`, null],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, null],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, null],
    [whole.toUpperCase(), null],
    [`${whole}\r\nx: y`, null],
    ['', null],
    [undefined, null],
  ];
  for (const [header, context] of read) t.equal(readTraceparent(header), context, String(header));
});

const collectorAt = (url: string, more: object = {}): TracingConfig => {
  const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...more }).tracing;
  if (config === null) throw new Error('an endpoint was given');
  return config;
};

t.test('settings are those of the standard', async (t) => {
  t.equal(readConfig({}).tracing, null);
  t.match(collectorAt('http://127.0.0.1:4318'), {
    url: 'http://127.0.0.1:4318/v1/traces',
    sampler: 'parentbased_always_on',
    ratio: 1,
    serviceName: 'thenar',
  });
  const more = {
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x, other=1=2',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=palms,region=riyadh',
  };
  t.match(collectorAt('https://collector.example/otlp/', more), {
    url: 'https://collector.example/otlp/v1/traces',
    headers: { authorization: 'Bearer x', other: '1=2' },
    sampler: 'parentbased_traceidratio',
    ratio: 0.25,
    serviceName: 'palms',
    attributes: { region: 'riyadh' },
  });
  const wrong: readonly (readonly [string, string])[] = [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'secret'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'region=%zz'],
  ];
  for (const [name, value] of wrong) {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', [name]: value };
    t.throws(() => readConfig(environment), { name: 'ConfigError', message: new RegExp(`^${name} `) });
  }
  const readme = readFileSync(assetPath('README.md'), 'utf8');
  const shown = settings.filter(([name, flag]) => readme.includes(`| \`${name}\` | \`${flag} `));
  t.same(
    settings.filter((setting) => !shown.includes(setting)).map(([name]) => name),
    [],
    'README has every setting',
  );
});

t.test('nobody traces: nothing is made and nothing is put around the work', async (t) => {
  t.equal(noTracer.start('a', 'server', `00-${TRACE}-${SPAN}-01`), noSpan);
  const work = Promise.resolve(1);
  t.equal(
    inSpan(noSpan, () => work),
    work,
  );
  const traces = new Traces(noTracer);
  traces.challengeCreated('c', null);
  t.equal(traces.present({ challengeId: 'c', deviceId: 'd', tenantId: 't' }), noSpan);
  t.equal(traces.ofChallenge('c'), null);
});

/** A tracer that exports to `collector` when it is closed. */
function tracing(url: string, clock: Clock, more: object = {}, exportTimeoutMs = 5_000) {
  const meter = new Meter();
  return { meter, ...openTracing(collectorAt(url, more), { clock, meter, version: '1', exportTimeoutMs }) };
}

t.test('spans lie where they were put, and last as long as their clock says', async (t) => {
  const collector = await Collector.open();
  const clock = new VirtualClock();
  const { tracer, meter, close } = tracing(collector.url, clock);
  const traces = new Traces(tracer);
  const rest = tracer.start('rest', 'server', null);
  traces.challengeCreated('c', rest.context);
  await clock.advance(1_000);
  const push = traces.present({ challengeId: 'c', deviceId: 'd', tenantId: 't' });
  const scan = tracer.start('scan', 'server', null);
  scan.follow(traces.ofChallenge('c'));
  t.not(scan.context, null);
  scan.follow(rest.context);
  await clock.advance(10);
  scan.part('search', clock.monotonic() - 8, clock.monotonic() - 3);
  const again = traces.present({ challengeId: 'c', deviceId: 'd', tenantId: 't' });
  await t.rejects(
    inSpan(tracer.start('refused', 'internal', scan.context), async () => {
      throw new ThenarError('user_suspended', 'no');
    }),
  );
  await t.rejects(
    inSpan(tracer.start('failed', 'internal', scan.context), async () => {
      throw new Error('secret');
    }),
  );
  for (const span of [again, scan, push, rest]) span.end();
  traces.challengeGone('c');
  t.equal(traces.ofChallenge('c'), null);
  await close();
  const [{ traceId = '' } = {}] = collector.spans;
  const trace = await collector.trace(traceId, 'rest');
  t.equal(trace.spans.length, 7, 'one trace');
  t.same(trace.path('search'), ['search', 'scan', 'challenge.present', 'rest']);
  t.same(trace.parts('rest'), ['challenge.present', 'challenge.present'], 'each push of its own');
  const lasted = (name: string): number => Number(trace.of(name).until - trace.of(name).from) / 1e6;
  t.same([lasted('rest'), lasted('scan'), lasted('search')], [1_010, 10, 5]);
  t.equal(Number(trace.of('search').from - trace.of('scan').from) / 1e6, 2);
  t.equal(Number(trace.of('rest').from / 1_000_000n), 1_700_000_000_000, 'at the time of day');
  t.match(trace.of('refused').facts, { 'thenar.refusal': 'user_suspended' });
  t.match(trace.of('failed').facts, { 'error.type': 'internal' });
  t.notOk(collector.bodies.join().includes('secret'), 'no text of an error');
  t.equal(meter.spans.of('exported').value, 7);
});

t.test('what is not sampled is handed on and not sent', async (t) => {
  const collector = await Collector.open();
  const always = tracing(collector.url, systemClock);
  const unsampled = always.tracer.start('a', 'server', `00-${TRACE}-${SPAN}-00`);
  t.match(unsampled.context, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  unsampled.part('b', 0, 1);
  unsampled.end();
  const never = tracing(collector.url, systemClock, {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  });
  const root = never.tracer.start('root', 'server', null);
  t.match(root.context, /-00$/);
  const child = never.tracer.start('child', 'internal', root.context);
  t.equal(child.context?.slice(0, 35), root.context?.slice(0, 35), 'it is one trace all the same');
  child.end();
  root.end();
  never.tracer.start('asked for', 'server', `00-${TRACE}-${SPAN}-01`).end();
  await Promise.all([always.close(), never.close()]);
  t.same(
    collector.spans.map(({ name }) => name),
    ['asked for'],
  );
});

t.test('a collector that is gone or hangs costs spans, and they are counted', async (t) => {
  const sockets: Socket[] = [];
  const hanging = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  const { port } = hanging.address() as AddressInfo;
  const hangs = tracing(`http://127.0.0.1:${port}`, systemClock, {}, 20);
  hangs.tracer.start('a', 'server', null).end();
  await hangs.close();
  t.equal(hangs.meter.spans.of('failed').value, 1);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => hanging.close(resolve));
  const gone = tracing(`http://127.0.0.1:${port}`, systemClock, {}, 20);
  gone.tracer.start('a', 'server', null).end();
  await gone.close();
  t.equal(gone.meter.spans.of('failed').value, 1);
  gone.tracer.start('late', 'server', null).end();
  t.equal(gone.meter.spans.of('dropped').value, 1, 'nothing is kept after the end');
});

t.test('an exporter that never answers keeps neither more than the queue holds nor the end', async (t) => {
  const clock = new VirtualClock();
  const meter = new Meter();
  const batches: number[] = [];
  const exporter: SpanExporter = {
    export: (spans) => void batches.push(spans.length),
    shutdown: async () => undefined,
  };
  const queue = new SpanQueue(exporter, clock, meter);
  const span = { spanContext: () => ({ traceFlags: 1 }) } as unknown as ReadableSpan;
  queue.onEnd(span);
  await clock.advance(limits.trace_batch_wait_ms);
  t.same(batches, [1], 'a batch that is not full leaves after a while');
  for (let sent = 0; sent < limits.trace_queue_max + 7; sent += 1) queue.onEnd(span);
  await settled();
  t.same(batches, [1], 'one at a time');
  t.equal(meter.spans.of('dropped').value, 7);
  await clock.advance(limits.trace_export_timeout_ms * 2);
  t.same(batches, [1, limits.trace_batch_max], 'it is given up, and the next one goes');
  t.equal(meter.spans.of('failed').value, 1);
  const closed = queue.shutdown();
  await clock.advance(limits.trace_close_ms);
  await closed;
  t.equal(meter.spans.of('dropped').value, 7 + limits.trace_queue_max - limits.trace_batch_max);
});
