import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { durationBuckets } from '../../service-kit/src/runtime/metrics.ts';
import { root, services, settingsOf } from '../services.ts';
import { refine, schemaOf } from './inferred-schema.ts';
import { format, type Json, requireAll, strict } from './json-schema.ts';

const draft = 'http://json-schema.org/draft-07/schema#';

const read = (file: string) => parse(readFileSync(join(root, 'charts/my-app', file), 'utf8'));

/** `charts/my-app/values.schema.json`: the types of the defaults, changed by values.schema.yaml, with the services and their settings. */
export async function valuesSchema(): Promise<string> {
  const { release, service: ofEach, definitions } = read('values.schema.yaml');
  const { global, ...values } = read('values.yaml');
  const { defaults, ...globals } = global;
  const schema = refine(schemaOf({ ...values, global: globals }), release);
  definitions.service = refine(schemaOf(defaults), ofEach);
  const properties = schema.properties as Record<string, Json>;
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
  const ofGlobal = [
    ...children(properties.global ?? {}),
    ...Object.keys(definitions.config.properties),
  ];
  definitions.foreign.properties = none([...ofService, ...children(schema)]);
  definitions.foreignGlobal.properties = none(
    [...ofService, ...ofGlobal].filter((name) => name !== 'enabled'),
  );
  const ofDefaults = service({ $ref: '#/definitions/config' });
  (ofDefaults.allOf as Json[]).push(requireAll(defaults));
  refine(schema, { 'global.defaults': ofDefaults });
  const rest = { additionalProperties: { $ref: '#/definitions/foreign' }, definitions };
  return `${format(strict({ $schema: draft, ...schema, ...rest }))}\n`;
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
    .filter(([name]) => !name.endsWith('_PORT'))
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
