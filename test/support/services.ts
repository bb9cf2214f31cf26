import type { Service } from '@my-app/service-kit/runtime';
import { serviceA } from '../../service-a/src/main.ts';
import { serviceB } from '../../service-b/src/main.ts';
import { atEnd } from './cleanup.ts';

/** Environment variables by name. */
export type Env = Record<string, string | number>;

export const quietEnv: Env = {
  HOST: '127.0.0.1',
  HTTP_PORT: 0,
  GRPC_PORT: 0,
  ADMIN_PORT: 0,
  LOG_LEVEL: 'silent',
};

/**
 * Long timeouts for Service B, so that a busy machine causes no retries or timeouts, and no retry
 * hides a lost request.
 */
export const patientEnv: Env = {
  SERVICE_A_DEADLINE_MS: 10_000,
  SERVICE_A_ATTEMPT_TIMEOUT_MS: 10_000,
};

/** A started service: its addresses, and how to stop it before the test ends. */
export interface ServiceUnderTest {
  /** Base URL of the HTTP API. */
  http: string;
  /** Base URL of /livez, /readyz and /metrics. */
  admin: string;
  /** host:port of the gRPC API; of Service A only. */
  grpc: string;
  stop(): Promise<void>;
}

/** Runs Service A in this process, on free ports, until the test ends. */
export function startServiceA(env: Env = {}): Promise<ServiceUnderTest> {
  return start(serviceA, env);
}

/** Runs Service B in this process, as a client of `a`, until the test ends. */
export function startServiceB(
  a: Pick<ServiceUnderTest, 'grpc'> & Partial<Pick<ServiceUnderTest, 'http'>>,
  env: Env = {},
): Promise<ServiceUnderTest> {
  return start(serviceB, { ...addressOf(a), ...env });
}

/** The settings with the addresses of Service A. */
export function addressOf(a: { grpc: string; http?: string }): Env {
  return {
    SERVICE_A_GRPC_ADDRESS: a.grpc,
    ...(a.http ? { SERVICE_A_HTTP_URL: a.http } : {}),
  };
}

/** The same service under the host name in its certificate: TLS server names cannot be IP addresses. */
export const byName = <A extends { grpc: string }>(a: A): A => ({
  ...a,
  grpc: a.grpc.replace('127.0.0.1', 'localhost'),
});

async function start(service: Service, env: Env): Promise<ServiceUnderTest> {
  const texts = Object.entries({ ...quietEnv, ...env }).map(([name, value]) => [name, `${value}`]);
  const running = await service.start(Object.fromEntries(texts));
  const host = `${env.HOST ?? quietEnv.HOST}`;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= running.stop();
    return stopped;
  };
  atEnd(stop);
  return { ...urlsOf(host, running.ports), stop };
}

/** The addresses of a service, from its ports. */
export function urlsOf(
  host: string,
  ports: Record<string, number>,
): Omit<ServiceUnderTest, 'stop'> {
  return {
    http: `http://${host}:${ports.http}`,
    admin: `http://${host}:${ports.admin}`,
    grpc: `${host}:${ports.grpc}`,
  };
}
