import { isIP } from 'node:net';
import Type from 'typebox';

/** What a setting has besides its JSON Schema, from which the chart's values schema is generated. */
export interface SettingFacts {
  /** What is allowed, in words, where a pattern is hard to read. */
  allowed?: string;
  /** What a pattern cannot express. */
  isValid?(value: string): boolean;
  /** The path of a file, which must be readable at startup: files.ts. */
  file?: true;
  /** OpenTelemetry requires that an invalid value counts as unset, with a warning: otel.ts. */
  ignoredIfInvalid?: true;
}

const port = (byDefault: number, description: string) =>
  Type.Integer({ default: byDefault, minimum: 0, maximum: 65535, description });
const milliseconds = (byDefault: number, description: string) =>
  Type.Integer({ default: byDefault, minimum: 0, maximum: 600_000, description });
const flag = (byDefault: boolean, description: string) =>
  Type.Boolean({ default: byDefault, description });

const file = (description: string) =>
  Type.Optional(
    Type.String({ minLength: 1, allowed: 'path of a readable file', file: true, description }),
  );

const hostName = '(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z_]([0-9A-Za-z_.-]*[0-9A-Za-z_.])?)';
const portNumber = '(6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})';
const httpOrigin = `https?://${hostName}(:${portNumber})?`;

const listenAddress = (byDefault: string, description: string) =>
  Type.String({
    default: byDefault,
    pattern: '^(localhost|[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\\w+)?)$',
    isValid: (value: string) => value === 'localhost' || isIP(value) !== 0,
    allowed: 'an IP address or localhost',
    description,
  });
const address = (byDefault: string, description: string) =>
  Type.String({
    default: byDefault,
    pattern: `^${hostName}:${portNumber}$`,
    isValid: (value: string) => URL.canParse(`http://${value}`),
    allowed: 'host:port, with brackets around an IPv6 address',
    description,
  });
const origin = (byDefault: string, description: string) =>
  Type.String({
    default: byDefault,
    pattern: `^${httpOrigin}/?$`,
    isValid: URL.canParse,
    allowed: 'http://host:port or https://host:port, with no path or query',
    description,
  });
const url = (description: string) =>
  Type.Optional(
    Type.String({
      pattern: `^${httpOrigin}(/[^\\s?#]*)?$`,
      isValid: URL.canParse,
      allowed: 'http://host:port or https://host:port, with a path if need be, but no credentials',
      description,
    }),
  );

/** Building blocks for settings. */
export const setting = { port, milliseconds, flag, file, listenAddress, address, origin, url };
