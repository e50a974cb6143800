/** OpenTelemetry put together: what is sampled, what is said of where spans come from, and where they go. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { limits } from '../../engine/limits.ts';
import type { Meter } from '../../engine/meter.ts';
import type { Clock, Tracer } from '../../engine/ports.ts';
import type { TracingConfig } from '../../engine/trace/config.ts';
import { SpanQueue } from './queue.ts';
import { ClockedTracer } from './tracer.ts';

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what waits; resolves within `limits.trace_close_ms`. */
  close(): Promise<void>;
}

export interface TracingPorts {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly version: string;
  /** Milliseconds for one batch; default `limits.trace_export_timeout_ms`. */
  readonly exportTimeoutMs?: number;
}

export function openTracing(config: TracingConfig, ports: TracingPorts): Tracing {
  const { clock, meter, version, exportTimeoutMs = limits.trace_export_timeout_ms } = ports;
  const Agent = config.url.startsWith('https:') ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const exporter = new OTLPTraceExporter({
    url: config.url,
    headers: config.headers,
    timeoutMillis: exportTimeoutMs,
    concurrencyLimit: 1,
    httpAgentOptions: () => agent,
  });
  const provider = new BasicTracerProvider({
    sampler: samplerOf(config),
    resource: defaultResource().merge(
      resourceFromAttributes({
        ...config.attributes,
        'service.name': config.serviceName,
        'service.version': config.attributes['service.version'] ?? version,
      }),
    ),
    spanProcessors: [new SpanQueue(exporter, clock, meter)],
  });
  return {
    tracer: new ClockedTracer(provider.getTracer('thenar', version), clock),
    async close() {
      await provider.shutdown();
      // A collector that hangs holds nobody up.
      agent.destroy();
    },
  };
}

function samplerOf({ sampler, ratio }: TracingConfig): Sampler {
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
    default:
      return sampler satisfies never;
  }
}
