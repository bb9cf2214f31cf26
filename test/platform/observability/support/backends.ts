import { run } from '@my-app/test-support/cluster/command';

/** GET through the API server, so that no port is forwarded. */
async function ask(service: string, path: string, query = {}): Promise<string> {
  const [namespace, name] = service.split('/');
  const base = `/api/v1/namespaces/${namespace}/services/${name}/proxy`;
  return run('kubectl', ['get', '--raw', `${base}${path}?${new URLSearchParams(query)}`]);
}

interface Span {
  operationName: string;
  processID: string;
  tags: { key: string; value: unknown }[];
}

export interface Trace {
  spans: Span[];
  processes: Record<string, { serviceName: string }>;
}

/** A trace that Jaeger has; throws until it has it. */
export async function trace(id: string): Promise<Trace> {
  const { data } = JSON.parse(await ask('observability/jaeger:16686', `/api/traces/${id}`));
  return data[0];
}

/** Log lines that carry a trace id, as VictoriaLogs has them. */
export async function logs(traceId: string): Promise<Record<string, string>[]> {
  const query = { query: `trace_id:="${traceId}"` };
  const lines = await ask('observability/victoria-logs:9428', '/select/logsql/query', query);
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Trace ids of the exemplars of a series within the last ten minutes. */
export async function exemplars(series: string): Promise<string[]> {
  const now = Date.now() / 1000;
  const query = { query: series, start: `${now - 600}`, end: `${now}` };
  const { data } = JSON.parse(
    await ask('monitoring/prometheus-operated:9090', '/api/v1/query_exemplars', query),
  );
  return data.flatMap((entry: { exemplars: { labels: { trace_id?: string } }[] }) =>
    entry.exemplars.map(({ labels }) => labels.trace_id),
  );
}
