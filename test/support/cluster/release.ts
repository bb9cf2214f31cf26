import { run } from './command.ts';
import { diagnosis } from './diagnosis.ts';
import { images, namespace, release } from './environment.ts';

export function helm(...args: string[]): Promise<string> {
  return run('helm', ['--namespace', namespace, ...args]);
}

/** Installs or upgrades a release with the images under test, and waits until it is ready. */
export async function deploy(name = release, ...args: string[]): Promise<void> {
  await upgrade(name, ...args).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${await diagnosis()}`);
  });
}

export function upgrade(name: string, ...args: string[]): Promise<string> {
  return helm(
    ...['upgrade', '--install', name, 'charts/my-app', '--values', 'test/values.yaml'],
    // A failed test prints the last log lines, which should not be its requests.
    ...['--set', 'global.config.LOG_LEVEL=warn'],
    ...imageValues(),
    ...['--wait', '--timeout', '2m', ...args],
  );
}

/** The images under test as Helm options. */
function imageValues(): string[] {
  return Object.entries(images()).flatMap(([service, image]) => {
    const [, repository, digest, tag] = /^(.+?)(?:@(sha256:.+)|:([^:/]+))$/.exec(image) ?? [];
    return [
      ...['--set-string', `${service}.image.repository=${repository}`],
      ...['--set-string', `${service}.image.${digest ? 'digest' : 'tag'}=${digest ?? tag}`],
    ];
  });
}
