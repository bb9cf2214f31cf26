import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pin } from './cpus.ts';

const run = promisify(execFile);

export interface Load {
  requestsPerSecond: number;
  requests: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers that were not 2xx, and requests without an answer. */
  failures: number;
}

const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** What makes the HTTP load: wrk where the machine has it, as it costs the least, else autocannon. */
export const httpLoadTool = hasWrk ? 'wrk' : 'autocannon';

/** As many requests as the server takes, over connections that each have one under way. */
export function httpLoad(url: string, seconds: number, connections: number): Promise<Load> {
  return hasWrk ? wrk(url, seconds, connections) : autocannon(url, seconds, connections);
}

async function wrk(url: string, seconds: number, connections: number): Promise<Load> {
  const script = join(import.meta.dirname, 'wrk-json.lua');
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
  const [file = '', ...args] = pin('load', ['wrk', ...options]);
  const { stdout } = await run(file, args);
  const result = JSON.parse(stdout.slice(stdout.lastIndexOf('{')));
  return {
    requestsPerSecond: result.requests / (result.duration / 1e6),
    requests: result.requests,
    p50Ms: result.p50 / 1000,
    p99Ms: result.p99 / 1000,
    failures: result.failures,
  };
}

async function autocannon(url: string, seconds: number, connections: number): Promise<Load> {
  const cli = join(import.meta.dirname, '../../node_modules/autocannon/autocannon.js');
  const options = ['--json', '-c', `${connections}`, '-d', `${seconds}`, url];
  const [file = '', ...args] = pin('load', [process.execPath, cli, ...options]);
  const { stdout } = await run(file, args);
  const result = JSON.parse(stdout);
  return {
    requestsPerSecond: result.requests.average,
    requests: result.requests.total,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors + result.timeouts,
  };
}
