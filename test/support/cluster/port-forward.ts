import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { atEnd } from '../cleanup.ts';
import { CommandError } from './command.ts';
import { namespace } from './environment.ts';

/**
 * Forwards a free local port to a port of a pod or a service until the test ends, and returns the
 * address. It always leads to a single pod and bypasses every NetworkPolicy.
 */
export function portForward(target: string, port: number): Promise<string> {
  const child = spawn('kubectl', ['--namespace', namespace, 'port-forward', target, `:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(() => child.kill());
  return new Promise((resolve, reject) => {
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    createInterface(child.stdout).on('line', (line) => {
      const [, address] = /^Forwarding from (127\.0\.0\.1:\d+)/.exec(line) ?? [];
      if (address) resolve(address);
    });
    child.on('exit', () => reject(new CommandError(`port-forward to ${target}: ${errors}`)));
  });
}
