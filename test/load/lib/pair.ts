import { freePorts } from '@my-app/test-support/ports';
import { floorCommand, shippedCommand } from './bundles.ts';
import type { Run } from './container.ts';
import { cores } from './machine.ts';
import { Server } from './server.ts';

/** Commands that start Service A and Service B, or the floor, and the path to request from B. */
export interface PairDefinition {
  name: string;
  a: string[];
  b: string[];
  path: string;
  /** Settings of both. */
  env?: Record<string, string>;
}

/** Plain node:http and grpc-js: the minimum cost of a ping. */
export const floor: PairDefinition = {
  name: 'floor',
  a: floorCommand('service-a'),
  b: floorCommand('service-b'),
  path: '/ping_service_a',
};

/** As their images run them: metrics, JSON logs at info, validation, circuit breaker, deadlines. */
export const shipped: PairDefinition = {
  name: 'as shipped',
  a: shippedCommand('service-a'),
  b: shippedCommand('service-b'),
  path: '/ping_service_a',
};

export const shippedProxy: PairDefinition = { ...shipped, path: '/service_a/greeting' };

/** Plain @fastify/reply-from, in front of the same Service A as the shipped proxy. */
export const floorProxy: PairDefinition = {
  ...shippedProxy,
  name: 'floor',
  b: floorCommand('proxy'),
};

/** Both services, running. */
export interface Pair {
  a: Server;
  b: Server;
  /** The URL to request from B. */
  url: string;
  /** host:port of A's gRPC server. */
  grpc: string;
  metrics: { a: string; b: string };
  stop(): Promise<void>;
}

export const pinned =
  (cores: string): Run =>
  (command) => ['taskset', '--cpu-list', cores, ...command];

/** Starts both services on free ports of the loopback interface. */
export async function startPair(
  { a, b, path, env }: PairDefinition,
  run = pinned(cores.servers),
): Promise<Pair> {
  const ports = (await freePorts(5)).map(String) as [string, string, string, string, string];
  const [httpA, grpcA, adminA, httpB, adminB] = ports;
  const at = (port: string): string => `http://127.0.0.1:${port}`;
  // The first two are the image's.
  const common = {
    NODE_ENV: 'production',
    MALLOC_ARENA_MAX: '1',
    LOG_FORMAT: 'json',
    HOST: '127.0.0.1',
    ...env,
  };
  const envA = { ...common, HTTP_PORT: httpA, GRPC_PORT: grpcA, ADMIN_PORT: adminA };
  const upstream = { SERVICE_A_GRPC_ADDRESS: `localhost:${grpcA}`, SERVICE_A_HTTP_URL: at(httpA) };
  const envB = { ...common, ...upstream, HTTP_PORT: httpB, ADMIN_PORT: adminB };
  const url = `${at(httpB)}${path}`;
  const serverA = await Server.start(run(a, envA), envA, `${at(httpA)}/greeting`);
  const serverB = await Server.start(run(b, envB), envB, url);
  return {
    a: serverA,
    b: serverB,
    url,
    grpc: `127.0.0.1:${grpcA}`,
    metrics: { a: `${at(adminA)}/metrics`, b: `${at(adminB)}/metrics` },
    stop: async () => void (await Promise.all([serverB.stop(), serverA.stop()])),
  };
}
