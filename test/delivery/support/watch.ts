import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { namespace, release } from '@my-app/test-support/cluster/environment';

interface Pods {
  /** How many production's Rollout was told to have. */
  wanted: number[];
  /** How many of them served, canary and stable together. */
  available: number[];
}

/** Watches the number of pods of a service in production. Returns a function that ends the watch and returns each number seen. */
export function watchPods(service: string): () => Promise<Pods> {
  const line = '{.spec.replicas} {.status.availableReplicas}{"\\n"}';
  const child = spawn(
    'kubectl',
    [
      ...['--namespace', namespace, 'get', `rollout/${release}-${service}`, '--watch'],
      ...['--output', `jsonpath=${line}`],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const output = text(child.stdout);
  return async () => {
    child.kill();
    const lines = (await output).trim().split('\n');
    const column = (index: number) => lines.map((each) => Number(each.split(' ')[index]));
    return { wanted: column(0), available: column(1) };
  };
}
