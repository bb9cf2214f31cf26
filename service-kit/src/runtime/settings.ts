import Type, { type Static, type TObject } from 'typebox';

const port = (byDefault: number, description: string) =>
  Type.Integer({ default: byDefault, minimum: 0, maximum: 65535, description });
const milliseconds = (byDefault: number, description: string) =>
  Type.Integer({ default: byDefault, minimum: 0, maximum: 600_000, description });
const file = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, allowed: 'a path', description }));

const flag = (byDefault: boolean, description: string) =>
  Type.Boolean({ default: byDefault, description });

// Patterns rather than code, as the chart's values schema has them, too.
const hostName = '(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z_]([0-9A-Za-z_.-]*[0-9A-Za-z_.])?)';
const portNumber = '(6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})';
const httpOrigin = `https?://${hostName}(:${portNumber})?`;

const address = (byDefault: string, description: string) =>
  Type.String({
    default: byDefault,
    pattern: `^${hostName}:${portNumber}$`,
    allowed: 'host:port, with brackets around an IPv6 address',
    description,
  });
const origin = (byDefault: string, description: string) =>
  Type.String({
    default: byDefault,
    pattern: `^${httpOrigin}/?$`,
    allowed: 'http://host:port or https://host:port, with no path or query',
    description,
  });

/** Building blocks for a service's own settings. */
export const setting = { port, milliseconds, flag, address, origin };

/** The settings that every service has; a service adds its own to them. */
export const commonSettings = (adminPort: number) => ({
  ADMIN_PORT: port(adminPort, '/livez, /readyz and /metrics'),
  HOST: Type.String({
    default: '::',
    pattern: '^(localhost|[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\\w+)?)$',
    allowed: 'an IP address or localhost',
    description: 'listens on this address; :: is all, of IPv4 alone where the node has no IPv6',
  }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'minimum log level',
  }),
  LOG_FORMAT: Type.Optional(
    Type.Enum(['json', 'pretty'], { description: 'pretty on a terminal, else json' }),
  ),
  DRAIN_DELAY_MS: milliseconds(0, 'on SIGTERM, time between "not ready" and closing'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(20_000, 'on SIGTERM, the longest the whole shutdown may take'),
  SERVICE_VERSION: Type.String({ default: 'dev', description: 'set by the image: its version' }),
  SERVICE_REVISION: Type.String({
    default: 'unknown',
    description: 'set by the image: the commit it was built from',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: `^${httpOrigin}(/[^\\s?#]*)?$`,
      allowed: 'http://host:port or https://host:port, with a path if need be, but no credentials',
      description: 'sends traces there, over OTLP/HTTP',
    }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1,
    description: 'the share of new traces that are kept',
  }),
  GRPC_TLS_CERT_FILE: file('mutual TLS on the gRPC hop: own certificate (PEM)'),
  GRPC_TLS_KEY_FILE: file('mutual TLS on the gRPC hop: its private key (PEM)'),
  GRPC_TLS_CA_FILE: file('mutual TLS on the gRPC hop: CA bundle for peer certificates (PEM)'),
});

export type CommonSettings = ReturnType<typeof commonSettings>;
export type CommonConfig = Static<TObject<CommonSettings>>;
