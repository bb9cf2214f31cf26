import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { isValid } from './config.ts';
import { setting } from './setting.ts';

// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables: such values count as unset.
const ignoredIfInvalid = true;

const text = (description: string) => Type.Optional(Type.String({ description }));
const timeout = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000, ignoredIfInvalid, description }));
const batch = (byDefault: number, description: string) =>
  Type.Integer({ default: byDefault, minimum: 1, maximum: 600_000, ignoredIfInvalid, description });
const compression = (description: string) =>
  Type.Optional(Type.Enum(['none', 'gzip'], { ignoredIfInvalid, description }));

/** The variables of OpenTelemetry's SDK and of its exporter for OTLP/HTTP that have an effect. */
export const otelSettings = {
  OTEL_SDK_DISABLED: Type.Boolean({
    default: false,
    ignoredIfInvalid,
    description: 'if true, no traces are recorded; trace context is still passed on',
  }),
  OTEL_TRACES_EXPORTER: Type.Optional(
    Type.Enum(['otlp', 'none'], {
      ignoredIfInvalid,
      description: 'if not set: otlp if an endpoint is set, else none',
    }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.url('URL of the collector; v1/traces is appended'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting.url('the whole URL for traces; takes precedence'),
  OTEL_EXPORTER_OTLP_HEADERS: text('headers for the collector: name=value,…'),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: text('the same for traces; takes precedence'),
  OTEL_EXPORTER_OTLP_TIMEOUT: timeout('timeout of a request to the collector, in ms'),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: timeout('the same for traces; takes precedence'),
  OTEL_EXPORTER_OTLP_COMPRESSION: compression('compression of requests to the collector'),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression('the same for traces; takes precedence'),
  OTEL_EXPORTER_OTLP_CERTIFICATE: setting.file('CA bundle for the collector (PEM)'),
  OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: setting.file('the same for traces; takes precedence'),
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: setting.file('client certificate for the collector (PEM)'),
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: setting.file(
    'the same for traces; takes precedence',
  ),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: setting.file('private key of the client certificate (PEM)'),
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: setting.file('the same for traces; takes precedence'),
  OTEL_TRACES_SAMPLER: Type.Enum(
    [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    {
      default: 'parentbased_traceidratio',
      ignoredIfInvalid,
      description: 'which traces are kept; parentbased follows the decision of a caller',
    },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1,
    ignoredIfInvalid,
    description: 'the share of new traces that traceidratio keeps',
  }),
  OTEL_BSP_SCHEDULE_DELAY: batch(5000, 'time between two batches of spans, in ms'),
  OTEL_BSP_EXPORT_TIMEOUT: batch(30_000, 'timeout of a batch with its retries, in ms'),
  OTEL_BSP_MAX_QUEUE_SIZE: batch(2048, 'maximum of queued spans; further spans are dropped'),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: batch(512, 'spans in a batch'),
  OTEL_SERVICE_NAME: text('overrides service.name in traces, which is the name of the service'),
  OTEL_RESOURCE_ATTRIBUTES: text('attributes of the traces: name=value,…'),
};

export type OtelConfig = Static<TObject<typeof otelSettings>>;

/** Others that ask for what the services do anyway. */
const agreed: Record<string, string> = {
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_PROPAGATORS: 'tracecontext',
};

/** From these, the OpenTelemetry Operator composes the standard ones. */
const ofOperator = /^OTEL_(NODE_IP|POD_IP|RESOURCE_ATTRIBUTES_\w+)$/;

/** Names of OpenTelemetry's variables that have no effect here, or a value that has none. */
export function ignoredVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (!name.startsWith('OTEL_') || value.trim() === '' || ofOperator.test(name)) return [];
    const property = (otelSettings as Record<string, TSchema>)[name];
    const isHonored = property ? isValid(property, value) : agreed[name] === value;
    return isHonored ? [] : [name];
  });
}
