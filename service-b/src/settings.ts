import { commonSettings, setting } from '@my-app/service-kit/runtime';
import Type from 'typebox';

/** The environment variables of Service B. */
export const settings = Type.Object({
  HTTP_PORT: setting.port(8012, 'HTTP API'),
  SERVICE_A_GRPC_ADDRESS: setting.address(
    'localhost:50051',
    'gRPC API of Service A; every address that the host resolves to is used',
  ),
  SERVICE_A_HTTP_URL: setting.origin('http://localhost:8011', 'HTTP API of Service A'),
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
  TRUSTED_PROXIES: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 10,
    description: 'number of proxies in front whose X-Forwarded-* headers are believed',
  }),
  ...commonSettings(9012),
});
