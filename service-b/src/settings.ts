import { commonSettings, setting } from '@my-app/service-kit/runtime';
import Type from 'typebox';

/** The environment variables of Service B. */
export const settings = Type.Object({
  HTTP_PORT: setting.port(8012, 'HTTP API'),
  SERVICE_A_GRPC_ADDRESS: Type.String({
    default: 'localhost:50051',
    pattern: '^[^/\\s]+:\\d+$',
    allowed: 'host:port',
    description: 'gRPC API of Service A; every address that the host resolves to is used',
  }),
  SERVICE_A_HTTP_URL: Type.String({
    default: 'http://localhost:8011',
    pattern: '^https?://[^/\\s]+/?$',
    allowed: 'a URL without a path',
    description: 'HTTP API of Service A',
  }),
  SERVICE_A_DEADLINE_MS: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 60_000,
    description: 'time for a call to Service A, retries included',
  }),
  SERVICE_A_ATTEMPT_TIMEOUT_MS: Type.Integer({
    default: 400,
    minimum: 1,
    maximum: 60_000,
    description: 'time for one attempt while another may follow',
  }),
  ...commonSettings(9012),
});
