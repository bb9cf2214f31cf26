import { commonSettings, setting } from '@my-app/service-kit/runtime';
import Type from 'typebox';

/** The environment variables of Service B. */
export const settings = Type.Object({
  HTTP_PORT: setting.port(8012, 'HTTP API'),
  SERVICE_A_GRPC_ADDRESS: setting.address(
    'localhost:50051',
    'gRPC API of Service A; calls are balanced over addresses of the host, ten at most',
  ),
  SERVICE_A_HTTP_URL: setting.origin('http://localhost:8011', 'HTTP API of Service A'),
  SERVICE_A_DEADLINE_MS: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 60_000,
    description: 'deadline of a call to Service A, retries included',
  }),
  SERVICE_A_ATTEMPT_TIMEOUT_MS: Type.Integer({
    default: 400,
    minimum: 1,
    maximum: 60_000,
    description: 'timeout of an attempt; the last attempt may take longer, until the deadline',
  }),
  TRUSTED_PROXIES: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 10,
    description: 'number of reverse proxies whose X-Forwarded-* headers are trusted',
  }),
  ...commonSettings(9012),
});
