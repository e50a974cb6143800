/** The standard settings of OpenTelemetry that this engine has; `docs/operations.md` says what they mean. */
import { ConfigError } from '../config-error.ts';

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof samplers)[number];

export interface TracingConfig {
  /** Where spans go, by OTLP over HTTP. */
  readonly url: string;
  /** Secrets may be among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** Share of the traces that begin here which is kept, 0 to 1. */
  readonly ratio: number;
  readonly serviceName: string;
  /** Of the resource: what all spans say of where they come from. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Null when no endpoint is set: nobody traces.
 * @param text a setting by its name, null when it is not set
 * @throws ConfigError
 */
export function readTracing(text: (name: string) => string | null): TracingConfig | null {
  const endpoint = text('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (endpoint === null) return null;
  const attributes = pairs('OTEL_RESOURCE_ATTRIBUTES', text('OTEL_RESOURCE_ATTRIBUTES'));
  return {
    url: tracesUrl(endpoint, text('OTEL_EXPORTER_OTLP_PROTOCOL')),
    headers: pairs('OTEL_EXPORTER_OTLP_HEADERS', text('OTEL_EXPORTER_OTLP_HEADERS')),
    sampler: sampler(text('OTEL_TRACES_SAMPLER')),
    ratio: ratio(text('OTEL_TRACES_SAMPLER_ARG')),
    serviceName: text('OTEL_SERVICE_NAME') ?? attributes['service.name'] ?? 'thenar',
    attributes,
  };
}

/** OTLP specification, "Endpoint URLs for OTLP/HTTP": the signal's path goes behind what is set. */
function tracesUrl(endpoint: string, protocol: string | null): string {
  const parsed = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new ConfigError('OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that starts with http:// or https://.');
  }
  // A collector takes both encodings at the same address; gRPC has a port of its own.
  if (protocol !== null && protocol !== 'http/json' && protocol !== 'http/protobuf') {
    throw new ConfigError(
      `OTEL_EXPORTER_OTLP_PROTOCOL must be http/json or http/protobuf, not ${JSON.stringify(protocol)}.`,
    );
  }
  parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}/v1/traces`;
  return parsed.href;
}

/** As in a W3C Baggage header: `name=value,…`, percent-encoded. */
function pairs(name: string, value: string | null): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of (value ?? '').split(',')) {
    if (part.trim() === '') continue;
    const [, key, text] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    const decoded = text === undefined ? null : decode(text);
    if (key === undefined || decoded === null) {
      throw new ConfigError(`${name} must be pairs of name=value with commas between, percent-encoded.`);
    }
    found[key] = decoded;
  }
  return found;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function sampler(value: string | null): SamplerName {
  const found = samplers.find((name) => name === (value ?? 'parentbased_always_on'));
  if (found !== undefined) return found;
  throw new ConfigError(
    `OTEL_TRACES_SAMPLER must be one of ${samplers.join(', ')}, not ${JSON.stringify(value)}.`,
  );
}

function ratio(value: string | null): number {
  const number = Number(value ?? 1);
  if (number >= 0 && number <= 1) return number;
  throw new ConfigError(
    `OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not ${JSON.stringify(value)}.`,
  );
}
