import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root, services, settingsOf } from '../services.ts';
import { type Json, refuseSlips, strict } from './json-schema.ts';

/** `charts/my-app/values.schema.json`: values.schema.yaml completed with the services and their settings. */
export async function valuesSchema(): Promise<string> {
  const source = readFileSync(join(root, 'charts/my-app/values.schema.yaml'), 'utf8');
  const schema = parse(source);
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
  properties.global.properties.defaults = service({ $ref: '#/definitions/config' });
  refuseSlips(schema, Object.keys(properties));
  refuseSlips(properties.global, Object.keys(properties.global.properties));
  return `${JSON.stringify(strict(schema), null, 2)}\n`;
}

/** The values of a service, with the schema of its `config`. */
function service(config: Json): Json {
  return {
    allOf: [
      { $ref: '#/definitions/service' },
      { type: 'object', properties: { config }, additionalProperties: true },
    ],
  };
}

/** Ports are left out: the chart has separate values for them. A string may also be a template, or empty, which means unset. */
function withSettings(config: Json, settings: [string, object][]): Json {
  const schemas = settings
    .filter(([name]) => !name.endsWith('_PORT'))
    .map(([name, setting]) => {
      const { default: _, description: __, allowed: ___, ...schema } = setting as Json;
      const isText = schema.type === 'string' || schema.enum;
      const template = { type: 'string', pattern: '^$|\\{\\{' };
      return [name, isText ? { anyOf: [schema, template] } : schema];
    });
  const properties = { ...Object.fromEntries(schemas), ...(config.properties as Json) };
  return { ...config, properties };
}
