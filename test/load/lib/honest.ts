import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import { GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';
import { percentile } from './answers.ts';
import type { Ports } from './pods.ts';

/** What honest callers ask for: a ping of Service B, its liveness on a new connection as the kubelet does, or a Greet of Service A. */
export type Kind = 'ping' | 'livez' | 'greet';

/** When a call started, how long it took, both in ms, and why it failed. */
export interface HonestCall {
  started: number;
  ms: number;
  error?: string;
}

/** Time for an answer, in ms. */
const patience = 1000;

/** 20 clients, each of which calls every 100 ms on a connection of its own. `stop` resolves to their calls. */
export function honestCallers(kind: Kind, ports: Ports): { stop(): Promise<HonestCall[]> } {
  const calls: HonestCall[] = [];
  let stopping = false;
  const run = async (): Promise<void> => {
    const call = caller(kind, ports);
    while (!stopping) {
      const started = performance.now();
      const done = await call().then(
        () => ({}),
        (error: Error) => ({ error: error.message }),
      );
      calls.push({ started, ms: performance.now() - started, ...done });
      await sleep(100);
    }
  };
  const all = Promise.all(Array.from({ length: 20 }, run));
  return {
    async stop() {
      stopping = true;
      await all;
      return calls;
    },
  };
}

/** A client with a connection of its own. */
export function caller(kind: Kind, { httpB, adminB, grpcA }: Ports): () => Promise<void> {
  if (kind === 'greet') {
    const client = new GreetingServiceClient(`127.0.0.1:${grpcA}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
    });
    return () =>
      new Promise((resolve, reject) => {
        client.greet({}, new Metadata(), { deadline: Date.now() + patience }, (error) =>
          error ? reject(error) : resolve(),
        );
      });
  }
  const agent = kind === 'livez' ? false : new Agent({ keepAlive: true, maxSockets: 1 });
  const url =
    kind === 'ping'
      ? `http://127.0.0.1:${httpB}/ping_service_a`
      : `http://127.0.0.1:${adminB}/livez`;
  return () =>
    new Promise((resolve, reject) => {
      get(url, { agent, signal: AbortSignal.timeout(patience) }, (response) => {
        response.resume().once('error', reject);
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
        );
      }).once('error', reject);
    });
}

/** The share of calls that were answered in time, and the latency that 99 % did not exceed, in ms. */
export function summary(calls: HonestCall[]): { share: number; p99: number } {
  const answered = calls.filter(({ error }) => error === undefined).length;
  return { share: answered / calls.length, p99: percentile(calls, 0.99) };
}
