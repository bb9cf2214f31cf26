import type { Static, TObject, TProperties, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/** A configuration that cannot be used; the message says which variable, its value and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads a configuration from environment variables. The schema's property names are the variables'
 * names; each needs a `description` and, where it may be left out, a `default` or `Type.Optional`.
 * An empty variable counts as one that is not set.
 *
 * @throws ConfigError on the first variable that is missing or not allowed
 */
export function readConfig<P extends TProperties>(
  schema: TObject<P>,
  env: NodeJS.ProcessEnv,
): Static<TObject<P>> {
  const config: Record<string, unknown> = {};
  for (const [name, property] of Object.entries<TSchema>(schema.properties)) {
    const text = env[name];
    const value = text === undefined || text === '' ? defaultOf(property) : parse(property, text);
    if (value === undefined && !isRequired(schema, name)) continue;
    if (value === undefined) {
      throw new ConfigError(`${name} is not set: it must be ${allowed(property)}`);
    }
    if (!Value.Check(property, value)) {
      throw new ConfigError(
        `${name}=${JSON.stringify(text)} is not allowed: it must be ${allowed(property)}`,
      );
    }
    config[name] = value;
  }
  return config as Static<TObject<P>>;
}

/** Each variable of a configuration: its name, what is allowed, its default, and what it means. */
export function configRows(schema: TObject): [string, string, string, string][] {
  return Object.entries<TSchema>(schema.properties).map(([name, property]) => [
    name,
    allowed(property),
    String(defaultOf(property) ?? (isRequired(schema, name) ? 'required' : 'not set')),
    String(facts(property).description ?? ''),
  ]);
}

/** The table of variables that `--help` prints. */
export function describeConfig(schema: TObject): string {
  const table = [['VARIABLE', 'ALLOWED', 'DEFAULT', 'MEANING'], ...configRows(schema)];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}

interface Facts {
  type?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  default?: unknown;
  description?: string;
  /** What is allowed, in words, where a pattern says it badly. */
  allowed?: string;
}

const facts = (property: TSchema): Facts => property as Facts;
const defaultOf = (property: TSchema): unknown => facts(property).default;
const isRequired = (schema: TObject, name: string): boolean =>
  schema.required?.includes(name) ?? false;

/** Number() alone would take a blank text for 0, which is any free port. */
const decimal = /^-?\d+(\.\d+)?$/;

function parse(property: TSchema, text: string): unknown {
  const { type } = facts(property);
  const isNumber = type === 'integer' || type === 'number';
  return isNumber && decimal.test(text) ? Number(text) : text;
}

function allowed(property: TSchema): string {
  const { type, enum: values, minimum, maximum, pattern, allowed: words } = facts(property);
  if (words) return words;
  if (values) return values.join('|');
  if (type === 'integer' || type === 'number') {
    return `${type === 'integer' ? 'an integer' : 'a number'} from ${minimum} to ${maximum}`;
  }
  return pattern ? `text like ${pattern}` : 'text';
}
