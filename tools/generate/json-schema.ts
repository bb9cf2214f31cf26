export type Json = { [key: string]: unknown };

/** Width of a line of `format`. */
const width = 132;

/**
 * A schema that requires every key of the defaults. Helm removes a default that a user sets to null, be it by a key without
 * content (`ingress:`), but subcharts still see the default of a global value: null would have no effect.
 */
export function requireAll(defaults: Json): Json {
  const nested = Object.entries(defaults)
    .map(([name, value]) => [name, isMap(value) ? requireAll(value) : {}] as const)
    .filter(([, schema]) => Object.keys(schema).length > 0);
  const required = Object.keys(defaults).filter((name) => defaults[name] !== null);
  if (required.length === 0) return {};
  const properties = Object.fromEntries(nested);
  return { required, ...(nested.length > 0 ? { additionalProperties: true, properties } : {}) };
}

/** Forbids additional properties in objects that list their properties, and allows null for each property. */
export function strict(schema: Json): Json {
  const result = { ...schema };
  const each = (value: unknown, change: (schema: Json) => Json) =>
    Object.fromEntries(
      Object.entries(value as Json).map(([name, one]) => [name, change(one as Json)]),
    );
  for (const key of ['properties', 'patternProperties', 'definitions']) {
    if (result[key]) result[key] = each(result[key], (one) => one && nullable(strict(one)));
  }
  for (const key of ['allOf', 'anyOf']) {
    if (result[key]) result[key] = (result[key] as Json[]).map(strict);
  }
  if (isMap(result.items)) result.items = strict(result.items);
  return result.properties ? { additionalProperties: false, ...result } : result;
}

function nullable(schema: Json): Json {
  const { type, enum: values, allOf, anyOf } = schema;
  return {
    ...schema,
    ...(type ? { type: [type, 'null'].flat() } : {}),
    ...(values ? { enum: [...(values as unknown[]), null] } : {}),
    ...(allOf ? { allOf: (allOf as Json[]).map(nullable) } : {}),
    ...(anyOf ? { anyOf: [...(anyOf as Json[]), { type: 'null' }] } : {}),
  };
}

/** JSON in which whatever fits into a line is on one. */
export function format(value: unknown, indent = ''): string {
  const line = JSON.stringify(value, null, 1)?.replace(/\n\s*/g, ' ') ?? 'null';
  if (typeof value !== 'object' || value === null || indent.length + line.length < width) {
    return line;
  }
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((one) => inner + format(one, inner))
    : Object.entries(value).map(([key, one]) => `${inner}"${key}": ${format(one, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

export function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
