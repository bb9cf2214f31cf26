import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { durationBuckets } from '../../service-kit/src/runtime/metrics.ts';
import { isServed, root, services, settingsOf } from '../services.ts';
import { format, type Json, requireAll, strict } from './json-schema.ts';

const read = (file: string) => parse(readFileSync(join(root, 'charts/my-app', file), 'utf8'));

/** `charts/my-app/values.schema.json`: values.schema.yaml completed with the services, their settings and the chart's defaults. */
export async function valuesSchema(): Promise<string> {
  const schema = read('values.schema.yaml');
  const { properties, definitions } = schema;
  const settings = await Promise.all(
    services.map(async (name) => (await settingsOf(name)).properties),
  );
  const inAll = ([name]: [string, unknown]) => settings.every((one) => name in one);
  services.forEach((name, i) => {
    properties[name] = service(withSettings(definitions.config, Object.entries(settings[i] ?? {})));
  });
  definitions.config = withSettings(
    definitions.config,
    Object.entries(settings[0] ?? {}).filter(inAll),
  );
  definitions.bucket.enum = durationBuckets;
  const ofService = Object.keys(definitions.service.properties);
  const ofGlobal = [...children(properties.global), ...Object.keys(definitions.config.properties)];
  definitions.foreign.properties = none([...ofService, ...children(schema)]);
  definitions.foreignGlobal.properties = none(
    [...ofService, ...ofGlobal].filter((name) => name !== 'enabled'),
  );
  const defaults = service({ $ref: '#/definitions/config' });
  (defaults.allOf as Json[]).push(requireAll(read('values.yaml').global.defaults));
  properties.global.properties.defaults = defaults;
  return `${format(strict(schema))}\n`;
}

/** Keys of the objects in a schema's properties. */
function children(schema: Json): string[] {
  return Object.values(schema.properties as Record<string, Json>).flatMap(({ properties }) =>
    Object.keys(properties ?? {}),
  );
}

/** Properties that must not exist. */
const none = (names: string[]): Json =>
  Object.fromEntries([...new Set(names)].sort().map((name) => [name, false]));

/** The values of a service, with the schema of its `config`. */
function service(config: Json): Json {
  return {
    allOf: [
      { $ref: '#/definitions/service' },
      { type: 'object', properties: { config }, additionalProperties: true },
    ],
  };
}

/** What the chart's schema has of a setting's. */
const jsonSchema = ['type', 'enum', 'minimum', 'maximum', 'minLength', 'pattern'];

/** Omits ports, which have their own values. Strings may be templates, refer to other variables (`$(NAME)`), or be empty, which unsets them. */
function withSettings(config: Json, settings: [string, object][]): Json {
  const schemas = settings
    .filter(([name, setting]) => !isServed(name, setting))
    .map(([name, setting]) => {
      const schema = Object.fromEntries(
        Object.entries(setting).filter(([key]) => jsonSchema.includes(key)),
      );
      const template = { type: 'string', pattern: '^$|\\{\\{|\\$\\(' };
      return [name, { anyOf: [schema, template] }];
    });
  const properties = { ...Object.fromEntries(schemas), ...(config.properties as Json) };
  return { ...config, properties };
}
