import { build } from 'esbuild';
import { expect } from 'vitest';
import { atEnd } from '../cleanup.ts';
import { root } from './command.ts';
import { release } from './environment.ts';
import { apply, kubectl } from './kubectl.ts';
import type { Results, Targets } from './load-pod/targets.ts';
import { nodePod } from './node-pod.ts';
import { portForward } from './port-forward.ts';

export interface Load {
  /** Ends the load and returns the results. */
  stop(): Promise<Results>;
}

/** All paths: through B over gRPC, through B's proxy, and to A over gRPC. */
export const allTargets = (of = release) =>
  ({
    ping: {
      url: `http://${of}-service-b:8012/ping_service_a`,
      expect: 'Hello from Service A!',
      connections: 'new' as const,
      perSecond: 20,
    },
    proxy: {
      url: `http://${of}-service-b:8012/service_a/greeting`,
      expect: 'Hello from Service A!',
      connections: 'kept' as const,
      perSecond: 20,
    },
    grpc: {
      grpc: `${of}-service-a-headless:50051`,
      expect: 'Hello from Service A!',
      perSecond: 20,
    },
  }) satisfies Targets;

const name = 'e2e-load';
const code = 'main.mjs';

/** Starts load on the targets from a pod. Resolves once the load is running. */
export async function startLoad(targets: Targets = allTargets()): Promise<Load> {
  atEnd(() => kubectl('delete', 'pod', name, '--ignore-not-found', '--now'));
  await apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { [code]: await bundle() } },
    nodePod(name, [`/load/${code}`, JSON.stringify(targets)], {
      readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
      volumeMounts: [{ name, mountPath: '/load' }],
      volumes: [{ name, configMap: { name } }],
    }),
  );
  await kubectl('wait', `pod/${name}`, '--for=condition=Ready', '--timeout=60s');
  const address = await portForward(`pod/${name}`, 8080);
  return {
    async stop() {
      const response = await fetch(`http://${address}/`, { method: 'POST' });
      const results = (await response.json()) as Results;
      await kubectl('delete', 'pod', name, '--now');
      return results;
    },
  };
}

/** Expects that every target got requests, and that all of them succeeded. */
export function expectNoFailures(results: Results): void {
  for (const [target, { requests, failed, p50, p99 }] of Object.entries(results)) {
    console.log(`${target}: ${requests} requests, ${failed} failed, p50 ${p50} ms, p99 ${p99} ms`);
  }
  for (const [target, { requests, failed, failures }] of Object.entries(results)) {
    expect({ target, failed, failures }).toEqual({ target, failed: 0, failures: [] });
    expect(requests, target).toBeGreaterThan(50);
  }
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['test/support/cluster/load-pod/main.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    minify: true,
    // For bundled CommonJS packages.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire('/');",
    },
  });
  return outputFiles[0]?.text ?? '';
}
