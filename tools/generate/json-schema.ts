export type Json = { [key: string]: unknown };

/** Rejects likely typos where any name is allowed: one letter of a known name wrong, missing, added or swapped. */
export function refuseSlips(schema: Json, known: string[]): void {
  const slips = known.flatMap((name) =>
    Array.from({ length: name.length + 1 }, (_, i) => {
      const [, before, letter, next, rest] = new RegExp(`^(.{${i}})(.?)(.?)(.*)$`).exec(name) ?? [];
      return `${before}.?${next}${rest}|${before}.${letter}${next}${rest}|${before}${next}${letter}${rest}`;
    }),
  );
  const isSlip = { pattern: `^(?i:${slips.join('|')})$` };
  schema.propertyNames = { anyOf: [{ enum: known }, { not: isSlip }] };
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
  if (typeof result.items === 'object') result.items = strict(result.items as Json);
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
