import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { services, subcharts, umbrella } from './paths.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The shared part wins, and what only the chart has stays, so that merging again changes nothing. */
function merge(own: Json | undefined, shared: Json): Json {
  if (!isObject(own) || !isObject(shared)) return shared;
  const merged = { ...shared };
  for (const [key, value] of Object.entries(own)) {
    const other = shared[key];
    merged[key] = other === undefined ? value : merge(value, other);
  }
  return merged;
}

function read(file: string): Json {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** What the umbrella's schema shares: the same globals, but no others. */
function globalsOnly(shared: Json): Json {
  const { properties, definitions } = shared as Record<string, Record<string, Json>>;
  const globals = properties?.global as { properties: Json };
  return {
    properties: {
      global: { type: 'object', additionalProperties: false, properties: globals.properties },
    },
    definitions: { config: definitions?.config ?? {} },
  };
}

/**
 * JSON Schema has no reference from one chart to another that Helm would follow, so the part that
 * every service shares is merged into each chart's schema. Returns the files that were not current.
 */
export function mergeValuesSchemas(write: boolean): string[] {
  const shared = read(join(subcharts, 'common/service.schema.json'));
  const targets = [
    [join(umbrella, 'values.schema.json'), globalsOnly(shared)] as const,
    ...services.map((name) => [join(subcharts, name, 'values.schema.json'), shared] as const),
  ];
  return targets
    .filter(([file, part]) => {
      const merged = `${JSON.stringify(merge(read(file), part), null, 2)}\n`;
      const stale = merged !== readFileSync(file, 'utf8');
      if (stale && write) writeFileSync(file, merged);
      return stale;
    })
    .map(([file]) => file);
}
