import Type from 'typebox';
import { describe, expect, test } from 'vitest';
import { describeConfig, readConfig } from '../../src/runtime/config.ts';
import { setting } from '../../src/runtime/setting.ts';
import { commonSettings } from '../../src/runtime/settings.ts';

const schema = Type.Object({ ...commonSettings(9000), HTTP_PORT: setting.port(80, 'HTTP API') });
const peers = Type.Object({
  GRPC: setting.address('a:1', 'a peer'),
  HTTP: setting.origin('http://a:1', 'a peer'),
});

describe('the settings of every service', () => {
  test('have defaults for a container without tracing and TLS', () => {
    expect(readConfig(schema, {})).toEqual({
      ADMIN_PORT: 9000,
      HOST: '::',
      HTTP_PORT: 80,
      LOG_LEVEL: 'info',
      DRAIN_DELAY_MS: 0,
      SHUTDOWN_TIMEOUT_MS: 20_000,
      SERVICE_VERSION: 'dev',
      SERVICE_REVISION: 'unknown',
      OTEL_SDK_DISABLED: false,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: 1,
      OTEL_BSP_SCHEDULE_DELAY: 5000,
      OTEL_BSP_EXPORT_TIMEOUT: 30_000,
      OTEL_BSP_MAX_QUEUE_SIZE: 2048,
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 512,
    });
  });

  test('all have a description', () => {
    for (const line of describeConfig(schema).split('\n')) {
      expect(line.trim().split(/ {2,}/)).toHaveLength(4);
    }
  });

  test.each([
    ['LOG_LEVEL', 'silent'],
    ['HOST', '127.0.1.1'],
    ['HOST', '::'],
    ['HOST', 'fe80::1%eth0'],
    ['HOST', 'localhost'],
    ['LOG_FORMAT', 'pretty'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector:4318'],
    ['GRPC_TLS_CERT_FILE', '/tls/tls.crt'],
  ])('%s may be %s', (name, value) => {
    expect(readConfig(schema, { [name]: value })).toHaveProperty(name, value);
  });

  test('a message has no credentials of a URL', () => {
    const name = 'OTEL_EXPORTER_OTLP_ENDPOINT';
    for (const login of ['user:secret', 'secret', 'user:sec@ret', 'user:sec/ret']) {
      expect(() => readConfig(schema, { [name]: `http://${login}@collector:4318` })).toThrow(
        `${name}="http://REDACTED@collector:4318" is not allowed: it must be ${otlp}`,
      );
    }
  });

  const otlp = 'http://host:port or https://host:port, with a path if need be, but no credentials';
  test.each([
    ['HOST', 'x86_64-conda-linux-gnu', 'an IP address or localhost'],
    ['HOST', 'cafe', 'an IP address or localhost'],
    ['HOST', ':::::', 'an IP address or localhost'],
    ['HOST', '10.0.0.256', 'an IP address or localhost'],
    ['HOST', '[::1]', 'an IP address or localhost'],
    ['LOG_LEVEL', 'verbose', 'trace|debug|info|warn|error|fatal|silent'],
    ['LOG_FORMAT', 'text', 'json|pretty'],
    ['DRAIN_DELAY_MS', '600001', 'an integer from 0 to 600000'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', otlp],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://[::1:4318', otlp],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://collector:4318/v1/traces?x', otlp],
    ['HTTP_PORT', '65536', 'an integer from 0 to 65535'],
  ])('%s may not be %s', (name, value, allowed) => {
    expect(() => readConfig(schema, { [name]: value })).toThrow(
      `${name}="${value}" is not allowed: it must be ${allowed}`,
    );
  });
});

describe('the address of a peer', () => {
  test.each([
    ['GRPC', 'a.b-c.svc.cluster.local:50051'],
    ['GRPC', '10.0.0.1:1'],
    ['GRPC', '[::1]:65535'],
    ['HTTP', 'http://a'],
    ['HTTP', 'https://[fd00::1]:8011/'],
  ])('%s may be %s', (name, value) => {
    expect(readConfig(peers, { [name]: value })).toHaveProperty(name, value);
  });

  test.each([
    ['GRPC', 'a'],
    ['GRPC', 'a:0'],
    ['GRPC', 'a:65536'],
    ['GRPC', '::1:50051'],
    ['GRPC', '[:::::]:50051'],
    ['GRPC', '10.0.0.256:50051'],
    ['GRPC', 'a:1,b:2'],
    ['GRPC', 'dns:///a:1'],
    ['HTTP', 'http://localhost:8011?x=1'],
    ['HTTP', 'http://localhost:8011#x'],
    ['HTTP', 'http://localhost:99999'],
    ['HTTP', 'http://fd00::1:8011'],
    ['HTTP', 'http://[:::::]'],
    ['HTTP', 'http://10.0.0.256'],
    ['HTTP', 'http://a/path'],
    ['HTTP', 'ftp://a'],
  ])('%s may not be %s', (name, value) => {
    expect(() => readConfig(peers, { [name]: value })).toThrow(
      `${name}="${value}" is not allowed: it must be h`,
    );
  });
});
