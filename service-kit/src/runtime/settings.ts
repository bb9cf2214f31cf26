import Type, { type Static, type TObject } from 'typebox';
import { otelSettings } from './otel-settings.ts';
import { setting } from './setting.ts';

/** The settings that every service has; a service adds its own to them. */
export const commonSettings = (adminPort: number) => ({
  ADMIN_PORT: setting.port(adminPort, '/livez, /readyz and /metrics'),
  HOST: setting.listenAddress(
    '::',
    'listens on this address; :: is all, of IPv4 alone where the node has no IPv6',
  ),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'minimum log level',
  }),
  LOG_FORMAT: Type.Optional(
    Type.Enum(['json', 'pretty'], { description: 'pretty on a terminal, else json' }),
  ),
  DRAIN_DELAY_MS: setting.milliseconds(0, 'on SIGTERM, time between "not ready" and closing'),
  SHUTDOWN_TIMEOUT_MS: setting.milliseconds(
    20_000,
    'on SIGTERM, the longest the whole shutdown may take',
  ),
  SERVICE_VERSION: Type.String({ default: 'dev', description: 'set by the image: its version' }),
  SERVICE_REVISION: Type.String({
    default: 'unknown',
    description: 'set by the image: the commit it was built from',
  }),
  ...otelSettings,
  GRPC_TLS_CERT_FILE: setting.file('mutual TLS on the gRPC hop: own certificate (PEM)'),
  GRPC_TLS_KEY_FILE: setting.file('mutual TLS on the gRPC hop: its private key (PEM)'),
  GRPC_TLS_CA_FILE: setting.file(
    'mutual TLS on the gRPC hop: CA bundle for peer certificates (PEM)',
  ),
});

export type CommonSettings = ReturnType<typeof commonSettings>;
export type CommonConfig = Static<TObject<CommonSettings>>;
