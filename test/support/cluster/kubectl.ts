import { run } from './command.ts';
import { namespace } from './environment.ts';

/** Runs kubectl in the tests' namespace. */
export function kubectl(...args: string[]): Promise<string> {
  return run('kubectl', ['--namespace', namespace, ...args]);
}

/** Output of `kubectl get … -o json`; the caller chooses its type. */
export async function get<Result>(...args: string[]): Promise<Result> {
  return JSON.parse(await kubectl('get', ...args, '-o', 'json'));
}

/** Creates or updates the objects. */
export async function apply(...objects: object[]): Promise<void> {
  await run('kubectl', ['--namespace', namespace, 'apply', '--server-side', '-f', '-'], {
    input: list(objects),
  });
}

/** Checks with a dry run whether the API server would create the object; throws if it rejects it. */
export async function admit(object: object): Promise<void> {
  await run('kubectl', ['--namespace', namespace, 'create', '--dry-run=server', '-f', '-'], {
    input: JSON.stringify(object),
  });
}

/** Runs a Node.js script in a pod, whose image has no shell, and returns the JSON that it prints. */
export async function node<Result>(
  pod: string,
  script: string,
  ...args: string[]
): Promise<Result> {
  const command = ['/nodejs/bin/node', '--input-type=module', '--eval', script, '--', ...args];
  return JSON.parse(await kubectl('exec', pod, '--', ...command));
}

function list(items: object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
