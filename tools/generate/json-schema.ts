export type Json = { [key: string]: unknown };

/** Width of a line of `format`. */
const width = 132;

/** Maps that the chart can do without, so that a user may set them to null: `common.merge` in the library chart has the same list. */
const optional = new Set(
  'startupProbe readinessProbe livenessProbe podSecurityContext securityContext requests limits rollingUpdate seccompProfile capabilities minAllowed'.split(
    ' ',
  ),
);

/**
 * A schema that requires every map of the defaults. Helm removes a default that a user sets to null, be it by a key without
 * content (`ingress:`), and templates could not read its fields.
 */
export function requireMaps(defaults: Json): Json {
  const maps = Object.entries(defaults).filter(
    ([name, value]) => isMap(value) && Object.keys(value).length > 0 && !optional.has(name),
  ) as [string, Json][];
  if (maps.length === 0) return {};
  const nested = maps
    .map(([name, value]) => [name, requireMaps(value)] as const)
    .filter(([, schema]) => Object.keys(schema).length > 0);
  return {
    required: maps.map(([name]) => name),
    ...(nested.length > 0
      ? { additionalProperties: true, properties: Object.fromEntries(nested) }
      : {}),
  };
}

/** Forbids additional properties in objects that list their properties, and allows null for each property. */
export function strict(schema: Json): Json {
  const result = { ...schema };
  const each = (value: unknown, change: (schema: Json) => Json) =>
    Object.fromEntries(
      Object.entries(value as Json).map(([name, one]) => [name, change(one as Json)]),
    );
  for (const key of ['properties', 'patternProperties', 'definitions']) {
    if (result[key]) result[key] = each(result[key], (one) => nullable(strict(one)));
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

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
