/** The published document is one that others' tools take without a remark. */
import { createConfig, lintFromString, type NormalizedProblem } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { families } from '../../transport/apis/families.ts';
import { apiInfo, openApi, publishedRoutes, subjectOf } from '../../transport/http/openapi.ts';

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly schema: object;
    readonly example?: unknown;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

const document = openApi(families, apiInfo('1.0.0')) as Document;
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

t.test('Redocly’s recommended rules find nothing', async (t) => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({
    source: JSON.stringify(document),
    absoluteRef: '/openapi.json',
    config,
  });
  const said = ({ ruleId, message, location }: NormalizedProblem): string =>
    `${ruleId} ${location[0]?.pointer ?? ''}: ${message}`;
  t.same(problems.map(said), []);
});

t.test('every example is what its schema describes', (t) => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', components: document.components });
  const resolved = (schema: object): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/'));
  const check = (schema: object, value: unknown, where: string): void => {
    if (!ajv.validate(resolved(schema), value)) t.fail(where, { value, errors: ajv.errors });
  };
  let seen = 0;
  for (const { operationId, requestBody, responses } of operations) {
    const bodies = [requestBody ?? {}, ...Object.values(responses)];
    for (const { content = {} } of bodies as { readonly content?: Readonly<Record<string, Media>> }[]) {
      for (const { schema, example, examples = {} } of Object.values(content)) {
        const values = [
          ...(example === undefined ? [] : [example]),
          ...Object.values(examples).map((each) => each.value),
        ];
        for (const value of values) {
          seen += 1;
          check(schema ?? {}, value, operationId);
        }
      }
    }
  }
  t.ok(seen > operations.length);
  t.end();
});

t.test('every operation belongs to a subject and shows what it takes and gives', (t) => {
  for (const family of families) {
    for (const route of publishedRoutes(family)) {
      t.not(subjectOf(family, route).name, family.name, `${route.operation} has a subject`);
    }
  }
  for (const { operationId, requestBody, responses } of operations) {
    const body = requestBody?.content['application/json'];
    // Bytes are what their media type says they are.
    const bytes = requestBody?.content['application/ocsp-request'] !== undefined;
    if (requestBody !== undefined && !bytes) t.ok(body?.example, `${operationId} shows a request`);
    t.ok(
      Object.keys(responses).some((status) => status.startsWith('4')),
      `${operationId} names refusals`,
    );
  }
  t.end();
});
