import { run } from './command.ts';
import { namespace } from './environment.ts';

/** Runs kubectl in the namespace of the tests. */
export function kubectl(...args: string[]): Promise<string> {
  return run('kubectl', ['--namespace', namespace, ...args]);
}

/** `kubectl get … -o json`, as the caller knows it to be. */
export async function get<Result>(...args: string[]): Promise<Result> {
  return JSON.parse(await kubectl('get', ...args, '-o', 'json'));
}

/** Creates or changes the objects. */
export async function apply(...objects: object[]): Promise<void> {
  await run('kubectl', ['--namespace', namespace, 'apply', '--server-side', '-f', '-'], {
    input: list(objects),
  });
}

/** Asks the API server whether it would create the object; throws its refusal. */
export async function admit(object: object): Promise<void> {
  await run('kubectl', ['--namespace', namespace, 'create', '--dry-run=server', '-f', '-'], {
    input: JSON.stringify(object),
  });
}

/** Runs a script in a pod, whose image has Node.js but no shell, and gives the JSON that it prints. */
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
