/** A schema as people read it: the object it describes, field by field, with its bounds. */
import type { JsonSchema } from '../schema.ts';

interface Shape {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-bytes-max'?: number;
  readonly 'x-exactly-one'?: readonly (readonly string[])[];
}

/** A question mark follows the name of what may be absent. */
export function outline(schema: JsonSchema): string {
  return shapeOf(schema as Shape, '');
}

function shapeOf(shape: Shape, indent: string): string {
  if (shape.oneOf !== undefined) {
    return shape.oneOf.map((choice) => shapeOf(choice, indent)).join(`\n${indent}or `);
  }
  if (shape.items !== undefined) {
    const counted = noteOf(shape);
    return `[ ${shapeOf(shape.items, indent)}, … ]${counted === '' ? '' : `  ${counted}`}`;
  }
  if (shape.properties === undefined) return lineOf(shape);
  const inner = `${indent}  `;
  const lines = Object.entries(shape.properties).map(([name, field]) => {
    const mark = shape.required?.includes(name) ? '' : '?';
    return `${inner}${name}${mark}: ${shapeOf(field, inner)}`;
  });
  const groups = (shape['x-exactly-one'] ?? []).map(
    (names) => `${inner}# exactly one of ${names.join(', ')}`,
  );
  return `{\n${[...lines, ...groups].join('\n')}\n${indent}}`;
}

/** A value that is no object: its type or values, then what bounds it. */
export function oneLine(schema: JsonSchema): string {
  return lineOf(schema as Shape);
}

function lineOf(shape: Shape): string {
  const note = noteOf(shape);
  return `${typeOf(shape)}${note === '' ? '' : `  ${note}`}`;
}

function typeOf(shape: Shape): string {
  if (shape.enum !== undefined) return shape.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  const types = [shape.type ?? 'any'].flat().join(' or ');
  return shape.format === undefined ? types : `${types} (${shape.format})`;
}

function noteOf(shape: Shape): string {
  const notes = [
    range(shape.minimum, shape.maximum, ''),
    // One character or more goes without saying.
    range(shape.minLength === 1 ? undefined : shape.minLength, shape.maxLength, ' characters'),
    range(shape.minItems, shape.maxItems, ' items'),
    shape['x-bytes-max'] === undefined ? '' : `up to ${shape['x-bytes-max']} bytes of JSON`,
    shape.pattern === undefined ? '' : `matches ${shape.pattern}`,
    shape.default === undefined ? '' : `default ${JSON.stringify(shape.default)}`,
    shape.description ?? '',
  ];
  const said = notes.filter((note) => note !== '').join(', ');
  return said === '' ? '' : `# ${said}`;
}

function range(min: number | undefined, max: number | undefined, unit: string): string {
  if (min !== undefined && max !== undefined) return `${min} to ${max}${unit}`;
  if (max !== undefined) return `up to ${max}${unit}`;
  return min === undefined ? '' : `at least ${min}${unit}`;
}
