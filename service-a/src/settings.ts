import { commonSettings, setting } from '@my-app/service-kit/runtime';
import Type from 'typebox';

/** The environment variables of Service A. */
export const settings = Type.Object({
  HTTP_PORT: setting.port(8011, 'HTTP API'),
  GRPC_PORT: setting.port(50051, 'gRPC API'),
  GRPC_MAX_CONNECTION_AGE_MS: Type.Integer({
    default: 300_000,
    minimum: 100,
    maximum: 3_600_000,
    description: 'maximum age of a gRPC connection; calls in flight get another minute',
  }),
  FAULTS_ENABLED: setting.flag(
    false,
    'allows faults to be injected at run time: POST /faults on the admin port',
  ),
  FAULT_DELAY_MS: setting.milliseconds(0, 'injected latency, in ms'),
  FAULT_ERROR_RATE: Type.Number({
    default: 0,
    minimum: 0,
    maximum: 1,
    description: 'share of requests that fail with an injected error',
  }),
  ...commonSettings(9011),
});
