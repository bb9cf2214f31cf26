import { execFileSync, spawnSync } from 'node:child_process';
import { freePorts } from '@my-app/test-support/ports';
import { root } from '../../../tools/services.ts';
import { makeBundles, shippedCommand } from './bundles.ts';
import { Server } from './server.ts';

/** The most that each service needs, in MiB: docs/limits.md derives it. */
export const derivedMegabytes = { a: 256, b: 176 };

/** Of the loopback interface. */
export interface Ports {
  httpA: number;
  adminA: number;
  grpcA: number;
  httpB: number;
  adminB: number;
}

/** Both services with the chart's settings and limits, connected. */
export interface Pods {
  a: Server;
  b: Server;
  ports: Ports;
}

/** As the chart sets them for 256 MiB. */
const chart = {
  NODE_OPTIONS: '--max-old-space-size=153 --max-semi-space-size=8',
  MALLOC_ARENA_MAX: '1',
  HOST: '127.0.0.1',
  LOG_FORMAT: 'json',
};
const limits = ['--memory=256m', '--memory-swap=256m', '--cpus=2', '--read-only'];

/** Settings of each service, in addition to the chart's. */
export type Settings = Partial<Record<'a' | 'b', Record<string, string>>>;

/** Starts both services on free ports. */
export type StartPods = (settings?: Settings) => Promise<Pods>;

const hasDocker = () => spawnSync('docker', ['info']).status === 0;

/** Builds both services' images if Docker answers, else their bundles, says which, and returns what starts them. */
export async function buildPods(inContainers = hasDocker()): Promise<StartPods> {
  if (inContainers) execFileSync('docker', ['buildx', 'bake'], { cwd: root, stdio: 'ignore' });
  else await makeBundles();
  const how = inContainers ? `containers: ${limits.join(' ')}` : 'processes, without those limits';
  console.log(`Both services run as ${how}`);
  const start = inContainers ? startContainer : startProcess;
  return async (settings = {}) => {
    const free = (await freePorts(5)) as [number, number, number, number, number];
    const [httpA, adminA, grpcA, httpB, adminB] = free;
    const ports = { httpA, adminA, grpcA, httpB, adminB };
    const ofA = { HTTP_PORT: `${httpA}`, GRPC_PORT: `${grpcA}`, ...settings.a };
    const ofB = {
      HTTP_PORT: `${httpB}`,
      SERVICE_A_GRPC_ADDRESS: `localhost:${grpcA}`,
      SERVICE_A_HTTP_URL: `http://localhost:${httpA}`,
      ...settings.b,
    };
    const a = await start('service-a', adminA, { ...chart, ...ofA, ADMIN_PORT: `${adminA}` });
    const b = await start('service-b', adminB, { ...chart, ...ofB, ADMIN_PORT: `${adminB}` });
    return { a, b, ports };
  };
}

type Env = Record<string, string>;

const readyz = (adminPort: number): string => `http://127.0.0.1:${adminPort}/readyz`;

const startProcess = (service: string, adminPort: number, env: Env): Promise<Server> =>
  Server.start(shippedCommand(service), env, readyz(adminPort));

function startContainer(service: string, adminPort: number, env: Env): Promise<Server> {
  const name = `attacked-${service}-${adminPort}`;
  const flags = Object.entries(env).map(([key, value]) => `--env=${key}=${value}`);
  const run = ['docker', 'run', '--rm', '--network=host', `--name=${name}`, ...limits, ...flags];
  return Server.start([...run, `${service}:latest`], {}, readyz(adminPort), () =>
    Number(execFileSync('docker', ['inspect', '--format={{.State.Pid}}', name])),
  );
}
