/** Schemas as generators of clients understand them: our own keywords as standard ones, named ones by reference. */
import type { JsonSchema } from '../schema.ts';

/** The named schemas met while a document is made. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {};
  readonly responses: Record<string, object> = {};
  readonly #sources = new Map<string, JsonSchema>();
  readonly #discriminators: boolean;

  /** @param discriminators whether the document's language has OpenAPI's; the constants tell choices apart anyway */
  constructor(discriminators = true) {
    this.#discriminators = discriminators;
  }

  /** A schema with a title becomes a component. @throws Error when two different ones claim one name */
  schema(schema: JsonSchema): JsonSchema {
    const { title } = schema;
    if (typeof title !== 'string') return this.#inline(schema);
    const known = this.#sources.get(title);
    if (known === undefined) {
      this.#sources.set(title, schema);
      this.schemas[title] = this.#inline(schema);
    } else if (known !== schema && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`two schemas are called ${title}`);
    }
    return { $ref: `#/components/schemas/${title}` };
  }

  /** A response that many operations give is written once. */
  response(name: string, response: object): object {
    this.responses[name] ??= response;
    return { $ref: `#/components/responses/${name}` };
  }

  #inline(schema: JsonSchema): JsonSchema {
    if (schema.discriminator !== undefined) return this.#choice(schema);
    const { 'x-exactly-one': groups, 'x-bytes-max': bytes, ...rest } = schema;
    const copy = Object.fromEntries(
      Object.entries(rest).map(([keyword, value]) => [keyword, this.#value(keyword, value)]),
    );
    return {
      ...copy,
      ...(Array.isArray(groups) ? { allOf: (groups as string[][]).map(exactlyOne) } : {}),
      ...(bytes === undefined ? {} : { description: `At most ${String(bytes)} bytes of JSON.` }),
    };
  }

  /** One of several; what all of them require is said by each. */
  #choice({ title, oneOf, discriminator }: JsonSchema): JsonSchema {
    const choices = oneOf as readonly JsonSchema[];
    const mapping = this.#discriminators ? mappingOf(discriminator as Discriminator, choices) : {};
    const named = title === undefined ? {} : { title };
    return { ...named, oneOf: this.#value('oneOf', oneOf), ...mapping };
  }

  #value(keyword: string, value: unknown): unknown {
    // What these hold are values of the caller's, not schemas.
    if (['enum', 'const', 'examples', 'default', 'required'].includes(keyword)) return value;
    if (Array.isArray(value)) return value.map((each) => this.#nested(each));
    if (keyword !== 'properties') return this.#nested(value);
    const fields = Object.entries(value as Readonly<Record<string, JsonSchema>>);
    return Object.fromEntries(fields.map(([name, field]) => [name, this.schema(field)]));
  }

  #nested(value: unknown): unknown {
    return value !== null && typeof value === 'object' ? this.schema(value as JsonSchema) : value;
  }
}

/** Only choices that have names can be told apart by a discriminator (OpenAPI 3.1, section 4.8.25). */
function mappingOf({ propertyName }: Discriminator, choices: readonly JsonSchema[]): object {
  if (choices.some(({ title }) => title === undefined)) return {};
  const mapping = choices.map(({ title, properties }) => {
    const tag = (properties as Readonly<Record<string, JsonSchema>>)[propertyName];
    return [String(tag?.const), `#/components/schemas/${String(title)}`];
  });
  return { discriminator: { propertyName, mapping: Object.fromEntries(mapping) } };
}

interface Discriminator {
  readonly propertyName: string;
}

function exactlyOne(names: readonly string[]): object {
  return { oneOf: names.map((name) => ({ required: [name] })) };
}
