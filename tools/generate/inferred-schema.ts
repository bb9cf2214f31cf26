import { isMap, type Json } from './json-schema.ts';

/** The schema of a value that has this default. Lists are of objects unless the default's first item is something else. */
export function schemaOf(value: unknown): Json {
  if (value === null) return {};
  if (Array.isArray(value)) return { type: 'array', items: { type: typeOf(value[0] ?? {}) } };
  if (!isMap(value) || Object.keys(value).length === 0) return { type: typeOf(value) };
  const properties = Object.entries(value).map(([name, one]) => [name, schemaOf(one)]);
  return { type: 'object', properties: Object.fromEntries(properties) };
}

const typeOf = (value: unknown) => (Number.isInteger(value) ? 'integer' : typeof value);

/**
 * Changes the schemas of values by their paths, such as `image.tag`: by keywords, or by the name of a definition. What has a type
 * replaces the schema, other keywords are added.
 */
export function refine(schema: Json, changes: Record<string, Json | string>): Json {
  for (const [path, change] of Object.entries(changes)) {
    const names = path.split('.');
    const name = names.pop() ?? '';
    const all = properties(names.reduce((parent, one) => property(parent, one), schema));
    const own = typeof change === 'string' ? { $ref: `#/definitions/${change}` } : change;
    const replaces = ['type', 'enum', '$ref'].some((keyword) => keyword in own);
    all[name] = replaces ? own : { ...all[name], ...own };
  }
  return schema;
}

function properties(schema: Json): Record<string, Json> {
  schema.properties ??= {};
  return schema.properties as Record<string, Json>;
}

function property(schema: Json, name: string): Json {
  const all = properties(schema);
  const one = all[name] ?? { type: 'object' };
  all[name] = one;
  return one;
}
