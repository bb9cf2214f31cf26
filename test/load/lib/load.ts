import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../tools/services.ts';

const execute = promisify(execFile);

/** The result of a load. */
export interface Load {
  requests: number;
  /** Successful responses: 200 or OK. */
  ok: number;
  okPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Requests by status. */
  statuses: Record<string, number>;
}

/** Either a number of connections with one request in flight each, or a constant rate, regardless of the responses. */
export interface HttpOptions {
  seconds: number;
  connections?: number;
  perSecond?: number;
}

/** Sends GET requests for the URLs in turn, with https://github.com/tsenart/vegeta. */
export async function http(urls: string[], options: HttpOptions): Promise<Load> {
  const pipe = 'vegeta attack "$@" | vegeta report -type=json';
  const running = execute('sh', ['-c', pipe, 'sh', ...vegetaOptions(options)]);
  running.child.stdin?.end(urls.map((url) => `GET ${url}\n`).join(''));
  return fromVegeta((await running).stdout);
}

/** The options of `vegeta attack`. Bodies are read but not stored. */
export const vegetaOptions = ({ seconds, connections, perSecond = 0 }: HttpOptions): string[] => [
  ...[`-duration=${seconds}s`, `-rate=${perSecond}/s`, '-timeout=5s', '-max-body=0'],
  ...(connections ? [`-workers=${connections}`, `-max-workers=${connections}`] : []),
];

/** Parses the output of `vegeta report -type=json`. */
export function fromVegeta(json: string): Load {
  const { requests, throughput, latencies, status_codes: statuses } = JSON.parse(json);
  const [p50Ms, p99Ms] = [latencies['50th'] / 1e6, latencies['99th'] / 1e6];
  const ok = statuses['200'] ?? 0;
  return { requests, ok, okPerSecond: throughput, p50Ms, p99Ms, statuses };
}

/** Makes as many Greet calls as the server can handle, with https://ghz.sh: `inFlight` at a time on one connection. */
export async function grpc(address: string, seconds: number, inFlight: number): Promise<Load> {
  const args = [
    ...['--insecure', '--proto=greeting/v1/greeting.proto', `--concurrency=${inFlight}`],
    ...['--call=greeting.v1.GreetingService/Greet', `--duration=${seconds}s`, '--format=json'],
    ...['--duration-stop=wait', '--disable-template-functions', '--disable-template-data'],
  ];
  const options = { cwd: join(root, 'proto'), maxBuffer: 2 ** 30 };
  const { stdout } = await execute('ghz', [...args, address], options);
  const { count, rps, latencyDistribution, statusCodeDistribution: statuses } = JSON.parse(stdout);
  const latencies: { percentage: number; latency: number }[] = latencyDistribution;
  const msAt = (wanted: number): number =>
    (latencies.find(({ percentage }) => percentage === wanted)?.latency ?? Number.NaN) / 1e6;
  const ok = statuses.OK ?? 0;
  return {
    requests: count,
    ok,
    okPerSecond: (rps * ok) / count,
    p50Ms: msAt(50),
    p99Ms: msAt(99),
    statuses,
  };
}
