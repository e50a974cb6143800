/** A value that a schema describes, with contents that mean something: what documents and tests show. */
import type { JsonSchema } from '../schema.ts';

interface Shape {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly additionalProperties?: Shape | boolean;
  readonly oneOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly 'x-exactly-one'?: readonly (readonly string[])[];
}

const person = '7b9957e2-c85f-4f9e-abe1-8aca9b6de70d';
const certificate = '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n';

/** What fields of a name usually hold; taken where the schema allows it. Identifiers are document 003's. */
const byName: Readonly<Record<string, unknown>> = {
  access_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...',
  amount: '50.00',
  authorize_path: '/v1/palm/authorize',
  base_url: 'https://wallet.example.com',
  bound_action: 'pay',
  bound_product: 'wallet',
  ca_chain: certificate,
  certificate,
  challenge_id: 'c4a5dbe7-ae49-4c28-9cdb-9f4558156160',
  client_id: '06a4dc18-b06c-4e1c-ad25-204d44bf0c71',
  client_secret: 'cs_live_xxx',
  code: '482913',
  confidence: 0.9997,
  consent_type: 'biometric',
  csr: '-----BEGIN CERTIFICATE REQUEST-----\nMIH…\n-----END CERTIFICATE REQUEST-----\n',
  csrf_token: 'a8Jd0vE3…',
  current_password: 'a long old passphrase',
  data: 'iVBORw0KGgo=',
  description: 'What it is for.',
  device_id: 'cced6e19-7e3b-4013-bc04-8bd2efc57e22',
  device_name: 'Scanner-04',
  display_message: 'Approved · SAR 50.00',
  document_hash: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  document_id: 'doc_123',
  email: 'person@example.com',
  endpoint: 'https://yourapp.example.com/webhooks/identity',
  epoch: 'b1f4c2a0',
  event_id: 'evt_a1b2c3d4e5f6789012345678abcdef01',
  expires_in: 3600,
  external_user_id: 'emp-4421',
  feature_id: 'fid-fixture-001',
  feature_ids: ['fid-fixture-001'],
  fingerprint: 'ab'.repeat(32),
  firmware: '1.4.0',
  grant_type: 'client_credentials',
  hardware_id: 'hardware_local_002',
  health_path: '/healthz',
  height: 300,
  idempotency_key: '5f21c9d4-till-7',
  issuer: 'CN=Thenar Platform CA',
  key: '-----BEGIN PRIVATE KEY-----\nMIH…\n-----END PRIVATE KEY-----\n',
  latency_ms: 180,
  location: 'Main Entrance',
  message: 'Done.',
  metadata: { employee_id: 'EMP-4421', department: 'Engineering' },
  mobile: '+966501234567',
  model: 'thenar-palm-1',
  name: 'A. Person',
  national_id: '1012345678',
  new_password: 'correct horse battery staple',
  page: 1,
  page_size: 50,
  pairing_code: 'mdxglt2xg',
  password: 'correct horse battery staple',
  product_key: 'wallet',
  product_reference: 'wal_txn_889',
  provider: 'mock',
  quality: 0.91,
  reason: 'Asked by the security office.',
  redirect_url: 'https://kyc.example.com/session/1',
  region: 'me-central1',
  requests_per_second: 1000,
  requests_burst: 2000,
  sender_id: 'THENAR',
  score: 0.98,
  scores: [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91, 0.9],
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  serial: '0042',
  session_id: '0b7e5a54-4f0e-4d29-a7c1-5a8b6c9d7e10',
  subject: 'CN=thenar.example.com',
  success: true,
  tenant_id: 'd1e2f3a4-b5c6-7890-abcd-ef1234567890',
  thresholds: [0.7072, 0.7253, 0.7018, 0.7211, 0.7426, 0.6929, 0.685, 0.71, 0.7526, 0.7004],
  threshold_version: 3,
  timeout_ms: 3000,
  total: 1,
  url: 'https://service.example.com',
  user_id: person,
  vendor: 'mock',
  version: '2026-01',
  width: 300,
};

/** Tried in turn for texts that a pattern binds. */
const texts = [
  'text',
  'a1b2c3',
  '482913',
  '/path',
  'https://example.com/path',
  '2026-06-08',
  'ab'.repeat(32),
];

/** Every field that may be set is; of fields that exclude each other the first. */
export function exampleOf(schema: JsonSchema, name = ''): unknown {
  const shape = schema as Shape;
  const [given] = shape.examples ?? [];
  if (given !== undefined) return given;
  if (shape.const !== undefined) return shape.const;
  const usual = byName[name];
  if (usual !== undefined && fits(shape, usual)) return usual;
  if (shape.default !== undefined) return shape.default;
  if (shape.enum !== undefined) return shape.enum[0];
  const [choice] = shape.oneOf ?? [];
  if (choice !== undefined) return exampleOf(choice as JsonSchema, name);
  switch ([shape.type ?? 'object'].flat()[0]) {
    case 'object':
      return objectExample(shape);
    case 'array':
      return Array.from({ length: Math.max(1, shape.minItems ?? 1) }, () =>
        exampleOf((shape.items ?? {}) as JsonSchema, name),
      );
    case 'integer':
    case 'number':
      return Math.min(Math.max(shape.minimum ?? 1, 1), shape.maximum ?? 1);
    case 'boolean':
      return true;
    default:
      return textExample(shape, name);
  }
}

function objectExample(shape: Shape): object {
  const excluded = new Set((shape['x-exactly-one'] ?? []).flatMap(([, ...others]) => others));
  const fields = Object.entries(shape.properties ?? {}).filter(([name]) => !excluded.has(name));
  const named = fields.map(([name, field]) => [name, exampleOf(field as JsonSchema, name)]);
  const more = shape.additionalProperties;
  const others = typeof more === 'object' ? [['name', exampleOf(more as JsonSchema)]] : [];
  return Object.fromEntries([...named, ...others]);
}

function textExample(shape: Shape, name: string): string {
  switch (shape.format) {
    case 'uuid':
      return person;
    case 'email':
      return 'person@example.com';
    case 'uri':
      return 'https://example.com/path';
    case 'date-time':
      return name.includes('expire') ? '2026-09-06T14:32:10.987Z' : '2026-06-08T14:32:10.987Z';
    default: {
      const word = name === '' ? 'text' : name.replaceAll('_', ' ');
      const found = [word, ...texts].find((text) => fits(shape, text));
      return found ?? 'x'.repeat(shape.minLength ?? 1).slice(0, shape.maxLength);
    }
  }
}

/** Whether a usual value obeys the schema's own bounds; what is inside objects is taken on trust. */
function fits(shape: Shape, value: unknown): boolean {
  const types = [shape.type ?? 'object'].flat();
  if (shape.enum !== undefined) return shape.enum.includes(value);
  if (typeof value === 'string') {
    if (!types.includes('string') || shape.format === 'email' || shape.format === 'date-time') return false;
    if (shape.format === 'uuid' && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return false;
    if (shape.format === 'uri' && !value.startsWith('https:')) return false;
    if (value.length < (shape.minLength ?? 0) || value.length > (shape.maxLength ?? Infinity)) return false;
    return shape.pattern === undefined || new RegExp(shape.pattern, 'u').test(value);
  }
  if (typeof value === 'number') {
    if (!types.includes('number') && !(types.includes('integer') && Number.isInteger(value))) return false;
    return value >= (shape.minimum ?? -Infinity) && value <= (shape.maximum ?? Infinity);
  }
  if (typeof value === 'boolean') return types.includes('boolean');
  if (Array.isArray(value)) {
    const { items } = shape;
    return types.includes('array') && items !== undefined && value.every((item) => fits(items, item));
  }
  // An object stands for free-form ones only.
  return types.includes('object') && shape.properties === undefined && shape.additionalProperties === true;
}
