import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '@my-app/test-support/ports';
import { expect, test, vi } from 'vitest';
import { portsOf, services } from '../../tools/services.ts';

test('killing npm, which cannot forward that signal, stops the services', async () => {
  const variables: Record<string, string> = {};
  const admin: string[] = [];
  for (const service of services) {
    for (const name of Object.keys(await portsOf(service))) {
      const variable = `${service.replaceAll('-', '_')}_${name}_PORT`.toUpperCase();
      const [port] = await freePorts(1);
      variables[variable] = `${port}`;
      if (name === 'admin') admin.push(`http://localhost:${port}/livez`);
    }
  }
  const npm = parentOf('tools/dev/start.ts', variables);
  for (const url of admin) {
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), { timeout: 20_000 });
  }
  npm.kill('SIGKILL');
  for (const url of admin) {
    await vi.waitFor(() => expect(fetch(url)).rejects.toThrow(), { timeout: 20_000 });
  }
});

/** A process that runs a script and waits for it, as npm does. */
function parentOf(script: string, variables: Record<string, string>): ChildProcess {
  const code = `require('node:child_process').spawn(process.execPath, ['${script}'], { stdio: 'ignore' })`;
  return spawn(process.execPath, ['--eval', code], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: 'ignore',
    env: { ...process.env, ...variables },
  });
}
