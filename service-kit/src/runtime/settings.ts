import Type, { type Static, type TObject } from 'typebox';
import { otelSettings } from './otel-settings.ts';
import { setting } from './setting.ts';

/** The settings that every service has; a service adds its own to them. */
export const commonSettings = (adminPort: number) => ({
  ADMIN_PORT: setting.port(adminPort, '/livez, /readyz and /metrics'),
  HOST: setting.listenAddress(
    '::',
    'address to listen on; :: is all IPv6 and IPv4 addresses, or all of IPv4 on a node without IPv6',
  ),
  DIAGNOSTICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65535,
      description: 'on 127.0.0.1 only: CPU profiles, and the log level at run time',
    }),
  ),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'minimum log level',
  }),
  LOG_FORMAT: Type.Optional(
    Type.Enum(['json', 'pretty'], { description: 'if not set: pretty on a terminal, else json' }),
  ),
  DRAIN_DELAY_MS: setting.milliseconds(
    0,
    'on SIGTERM, time from failing readiness to closing the listeners',
  ),
  SHUTDOWN_TIMEOUT_MS: setting.milliseconds(20_000, 'on SIGTERM, time limit of the shutdown'),
  SERVICE_VERSION: Type.String({ default: 'dev', description: 'set by the image: its version' }),
  SERVICE_REVISION: Type.String({
    default: 'unknown',
    description: 'set by the image: the commit it was built from',
  }),
  ...otelSettings,
  GRPC_TLS_CERT_FILE: setting.file('mutual TLS of gRPC: certificate of the service (PEM)'),
  GRPC_TLS_KEY_FILE: setting.file('mutual TLS of gRPC: private key of the certificate (PEM)'),
  GRPC_TLS_CA_FILE: setting.file('mutual TLS of gRPC: CA bundle that verifies peers (PEM)'),
});

export type CommonSettings = ReturnType<typeof commonSettings>;
export type CommonConfig = Static<TObject<CommonSettings>>;
