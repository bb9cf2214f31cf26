import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { SettingFacts } from './setting.ts';

/** An invalid setting. The message names the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads settings from environment variables, which have the names of the schema's properties. Each
 * property needs a `description` and, unless it is required, a `default` or `Type.Optional`. An
 * empty variable counts as unset.
 *
 * @throws ConfigError on the first variable that is missing or invalid
 */
export function readConfig<Settings extends TProperties>(
  schema: { properties: Settings },
  env: NodeJS.ProcessEnv,
): Static<TObject<Settings>> {
  const config: Record<string, unknown> = {};
  for (const [name, property] of Object.entries<TSchema>(schema.properties)) {
    const text = env[name] || undefined;
    const ignored = text && facts(property).ignoredIfInvalid && !isValid(property, text);
    const value = text && !ignored ? parse(property, text) : defaultOf(property);
    if (value === undefined && Type.IsOptional(property)) continue;
    if (value === undefined) {
      throw new ConfigError(`${name} is not set: it must be ${allowed(property)}`);
    }
    if (text && !ignored && !isValid(property, text)) {
      throw new ConfigError(
        `${name}=${JSON.stringify(redacted(text))} is not allowed: it must be ${allowed(property)}`,
      );
    }
    config[name] = value;
  }
  return config as Static<TObject<Settings>>;
}

/** Whether a setting takes the text of its variable. */
export function isValid(property: TSchema, text: string): boolean {
  return Value.Check(property, parse(property, text)) && (facts(property).isValid?.(text) ?? true);
}

/** A value without the credentials that a URL may have before its host. The message ends up in a log. */
const redacted = (text: string): string =>
  text.replace(/^([a-z][\w+.-]*:\/\/)?.*@/is, '$1REDACTED@');

/**
 * Variables that are not in `names` and probably meant as one of them, each with that name: they differ from it in case and
 * underscores alone or, where it has at least ten characters, by an edit distance of one or two.
 */
export function misspelled(names: string[], env: NodeJS.ProcessEnv): [string, string][] {
  return Object.keys(env)
    .filter((name) => !names.includes(name))
    .flatMap((name) => {
      const meant = names.find((other) => isLike(name, other));
      return meant ? [[name, meant] as [string, string]] : [];
    });
}

function isLike(name: string, setting: string): boolean {
  if (plain(name) === plain(setting)) return true;
  return setting.length >= 10 && !otherLetter(name, setting) && distance(name, setting) <= 2;
}

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();
/** SERVICE_C_HTTP_URL is not a typo of SERVICE_A_HTTP_URL. */
function otherLetter(name: string, setting: string): boolean {
  const others = setting.split('_');
  return name
    .split('_')
    .some((word, i) => /^\w \w$/.test(`${word} ${others[i]}`) && word !== others[i]);
}

/** Levenshtein's: how many characters to insert, delete or replace. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, character] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      const [replaced, inserted] = row.slice(j, j + 2) as [number, number];
      const cost = character === other[j] ? 0 : 1;
      next.push(Math.min(replaced + cost, inserted + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[other.length] as number;
}

/** One row per variable: name, allowed values, default, meaning. */
export function configRows(schema: TObject): [string, string, string, string][] {
  return Object.entries<TSchema>(schema.properties).map(([name, property]) => [
    name,
    allowed(property),
    String(defaultOf(property) ?? (Type.IsOptional(property) ? 'not set' : 'required')),
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
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] as number)).join('  '))
    .join('\n');
}

interface Facts extends SettingFacts {
  type?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  default?: unknown;
  description?: string;
}

/** What a property says besides the types of its schema. */
export const facts = (property: TSchema): Facts => property as Facts;
const defaultOf = (property: TSchema): unknown => facts(property).default;

/** Number() alone would read a blank string as 0, which means any free port. */
const decimal = /^-?\d+(\.\d+)?$/;

function parse(property: TSchema, raw: string): unknown {
  const { type, ignoredIfInvalid } = facts(property);
  const text = ignoredIfInvalid ? raw.trim().toLowerCase() : raw; // OpenTelemetry ignores the case
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  const isNumber = type === 'integer' || type === 'number';
  return isNumber && decimal.test(text) ? Number(text) : text;
}

function allowed(property: TSchema): string {
  const { type, enum: values, minimum, maximum, pattern, allowed: words } = facts(property);
  if (words) return words;
  if (values) return values.join('|');
  if (type === 'boolean') return 'true|false';
  if (type === 'integer' || type === 'number') {
    return `${type === 'integer' ? 'an integer' : 'a number'} from ${minimum} to ${maximum}`;
  }
  return pattern ? `text like ${pattern}` : 'text';
}
