import { run } from './command.ts';

export interface Sample {
  metric: Record<string, string>;
  /** Seconds since the epoch, and the value as text. */
  value: [number, string];
}

/** What Prometheus answers to an instant query, asked through the API server. */
export async function query(expr: string): Promise<Sample[]> {
  const service = '/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy';
  const path = `${service}/api/v1/query?${new URLSearchParams({ query: expr })}`;
  return JSON.parse(await run('kubectl', ['get', '--raw', path])).data.result;
}
