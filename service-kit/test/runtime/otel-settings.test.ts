import Type from 'typebox';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/runtime/config.ts';
import { ignoredVariables, otelSettings } from '../../src/runtime/otel-settings.ts';

const schema = Type.Object(otelSettings);

test.each([
  ['OTEL_SDK_DISABLED', 'True', true],
  ['OTEL_TRACES_EXPORTER', 'OTLP', 'otlp'],
  ['OTEL_TRACES_SAMPLER', 'ALWAYS_ON', 'always_on'],
  ['OTEL_TRACES_SAMPLER_ARG', ' 0.5 ', 0.5],
  ['OTEL_BSP_MAX_QUEUE_SIZE', '10', 10],
])('%s=%s is %s', (name, text, value) => {
  expect(readConfig(schema, { [name]: text })).toHaveProperty(name, value);
  expect(ignoredVariables({ [name]: text })).toEqual([]);
});

test.each([
  ['OTEL_SDK_DISABLED', '1'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '2'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon'],
  ['OTEL_BSP_SCHEDULE_DELAY', '-1'],
])('%s=%s counts as unset, and is named', (name, text) => {
  expect(readConfig(schema, { [name]: text })).toEqual(readConfig(schema, {}));
  expect(ignoredVariables({ [name]: text })).toEqual([name]);
});

test('variables without an effect are named, unless they ask for what happens anyway', () => {
  const without = {
    OTEL_PROPAGATORS: 'b3',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://a:4318',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1',
  };
  const others = {
    OTEL_SERVICE_NAME: 'a',
    OTEL_RESOURCE_ATTRIBUTES: 'a=b',
    OTEL_RESOURCE_ATTRIBUTES_POD_NAME: 'a',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_LOG_LEVEL: '',
    PATH: '/bin',
  };
  expect(ignoredVariables({ ...without, ...others })).toEqual(Object.keys(without));
});
