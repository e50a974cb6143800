/** The committed document is the generated one, valid, and says what the code does. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import { webhookEventTypes } from '../../engine/webhooks/events.ts';
import { asyncApi } from '../../transport/asyncapi/document.ts';
import { keyOf } from '../../transport/asyncapi/scanner.ts';
import { apiInfo } from '../../transport/http/openapi.ts';
import { openMethod, scannerCalls } from '../../transport/scanner/calls.ts';
import { pushCalls } from '../../transport/scanner/push.ts';

interface Message {
  readonly name: string;
  readonly payload: object;
  readonly examples: readonly { readonly payload: unknown }[];
}
interface Document {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, Message>> }>>;
  readonly operations: Readonly<Record<string, { readonly action: string }>>;
  readonly components: object;
}

const { version } = JSON.parse(readFileSync(assetPath('package.json'), 'utf8')) as { version: string };
const generated = asyncApi(apiInfo(version)) as Document;

t.test('docs/asyncapi.json is up to date: npm run asyncapi writes it', (t) => {
  const committed = readFileSync(assetPath('docs', 'asyncapi.json'), 'utf8');
  t.equal(committed, `${JSON.stringify(generated, null, 2)}\n`);
  t.end();
});

t.test('it is valid AsyncAPI 3', (t) => {
  const load = createRequire(import.meta.url);
  // It brings its own copy of the meta-schema.
  const { $schema: _, ...language } = load('@asyncapi/specs/schemas/3.0.0.json') as {
    readonly $schema: string;
  };
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, meta: false, validateSchema: false });
  addFormats.default(ajv);
  const check = ajv.compile(language);
  t.ok(check(JSON.parse(JSON.stringify(generated))), 'valid', { errors: check.errors?.slice(0, 5) });
  t.notOk(check({ ...generated, operations: { broken: { action: 'shout' } } }), 'the schema can fail');
  t.end();
});

t.test('every call of either side, every answer and every event is there', (t) => {
  const { scanner, webhooks } = generated.channels;
  const methods = [openMethod, ...Object.keys(scannerCalls), ...Object.keys(pushCalls)];
  const keys = methods.flatMap((method) => [keyOf(method), `${keyOf(method)}Result`]);
  t.same(new Set(Object.keys(scanner?.messages ?? {})), new Set(['error', ...keys]));
  for (const method of Object.keys(scannerCalls)) {
    t.equal(generated.operations[keyOf(method)]?.action, 'receive', method);
  }
  for (const method of Object.keys(pushCalls)) t.equal(generated.operations[keyOf(method)]?.action, 'send');
  t.same(
    new Set(Object.keys(webhooks?.messages ?? {})),
    new Set([...webhookEventTypes, 'webhook.test'].map(keyOf)),
  );
  t.end();
});

t.test('every example is what its schema describes', (t) => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', components: generated.components });
  for (const { messages } of Object.values(generated.channels)) {
    for (const { name, payload, examples } of Object.values(messages)) {
      const text = JSON.stringify(payload).replaceAll('"#/components/', '"document#/components/');
      for (const example of examples) {
        t.ok(ajv.validate(JSON.parse(text), example.payload), name, { errors: ajv.errors });
      }
    }
  }
  t.end();
});
