import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { freePorts } from '@my-app/test-support/ports';
import { beforeAll, expect, test, vi } from 'vitest';
import { portsOf, services } from '../../tools/services.ts';

const root = join(import.meta.dirname, '../..');
const patience = { timeout: 40_000, interval: 50 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  atEnd(() => rm(folder, { recursive: true }));
});

/** Variables that give every service free ports. */
async function freeVariables(): Promise<Record<string, string>> {
  const names = await Promise.all(
    services.map(async (service) =>
      Object.keys(await portsOf(service)).map((name) =>
        `${service.replaceAll('-', '_')}_${name}_PORT`.toUpperCase(),
      ),
    ),
  );
  const ports = await freePorts(names.flat().length);
  return Object.fromEntries(names.flat().map((name, i) => [name, `${ports[i]}`]));
}

/** `npm start`, and its output so far. */
function start(env: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, [join(root, 'tools/dev/start.mjs'), ...args], {
    cwd: folder, // without the developer's .env
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit');
  const run = { child, exited, output: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      run.output += chunk;
    });
  }
  atEnd(() => {
    child.kill('SIGTERM');
    return exited;
  });
  return run;
}

const ready = (run: { output: string }): Promise<void> =>
  vi.waitFor(() => expect(run.output).toContain('All services are ready'), patience);

test('killing npm, which cannot forward that signal, stops the services', async () => {
  const variables = await freeVariables();
  const admin = Object.entries(variables).filter(([name]) => name.endsWith('_ADMIN_PORT'));
  const urls = admin.map(([, port]) => `http://localhost:${port}/livez`);
  const npm = parentOf('tools/dev/start.mjs', variables);
  for (const url of urls) {
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), patience);
  }
  npm.kill('SIGKILL');
  for (const url of urls) await vi.waitFor(() => expect(fetch(url)).rejects.toThrow(), patience);
});

test('a port in use is reported in one line with its variable, and nothing starts', async () => {
  const variables = await freeVariables();
  const other = createServer().listen(Number(variables.SERVICE_A_GRPC_PORT), '127.0.0.1');
  await once(other, 'listening');
  atEnd(() => other.close());
  const run = start(variables);
  expect(await run.exited).toEqual([1, null]);
  expect(run.output).toBe(
    `port ${variables.SERVICE_A_GRPC_PORT} is in use: stop the process that uses it, or choose another with SERVICE_A_GRPC_PORT\n`,
  );
});

test.each([
  [{ HOST: 'x86_64-conda-linux-gnu' }, [], 'HOST="x86_64-conda-linux-gnu" is not an IP address'],
  [{ HOST: '192.0.2.1' }, [], 'cannot listen on 192.0.2.1:'],
  [{ SERVICE_A_HTTP_PORT: '8O11' }, [], 'SERVICE_A_HTTP_PORT="8O11" is not a port'],
  [{ SERVICE_A_ADMIN_PORT: '0' }, [], 'SERVICE_A_ADMIN_PORT="0" is not a port'],
  [{ SERVICE_A_HTTP_PORT: '70000' }, [], 'SERVICE_A_HTTP_PORT="70000" is not a port'],
  [{ SERVICE_A_HTTP_PORT: '1', SERVICE_B_HTTP_PORT: '1' }, [], 'are both set to 1'],
  [{}, ['--wacth'], "Unknown option '--wacth'"],
])('%j %j is refused in one line', async (env, args, line) => {
  const run = start({ ...(await freeVariables()), ...env } as Record<string, string>, args);
  expect(await run.exited).toEqual([1, null]);
  expect(run.output).toContain(line);
  expect(run.output.trimEnd().split('\n')).toHaveLength(1);
});

test('--help prints the settings and starts nothing', async () => {
  const run = start({}, ['--help']);
  expect(await run.exited).toEqual([0, null]);
  expect(run.output).toMatch(/^SERVICE_A_DEADLINE_MS .+/m);
});

test('it listens on loopback, unless HOST is another address, which peers and probes use', async () => {
  const variables = await freeVariables();
  const port = variables.SERVICE_B_HTTP_PORT;
  const run = start(variables);
  await ready(run);
  const [outside] = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.family === 'IPv4' && !one.internal);
  if (outside) await expect(fetch(`http://${outside.address}:${port}`)).rejects.toThrow();
  run.child.kill('SIGINT');
  await run.exited;

  for (const HOST of ['127.0.0.2', '::1']) {
    const elsewhere = start({
      ...(await freeVariables()),
      SERVICE_B_HTTP_PORT: `${port}`,
      HOST,
    });
    await ready(elsewhere);
    const url = `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}/ping_service_a`;
    expect((await send(url)).status).toBe(200);
    elsewhere.child.kill('SIGINT');
    await elsewhere.exited;
  }
});

test('.env is read, does not override the environment, and misspelled variables are named', async () => {
  const file = join(folder, '.env');
  const variables = await freeVariables();
  await writeFile(
    file,
    'LOG_LEVEL=silent\nSERVICE_A_DEADLINEMS=5\nSERVICE_A_HTTPPORT=1\nHOST=192.0.2.1\n',
    { flag: 'wx' },
  );
  atEnd(() => rm(file));
  const run = start({ ...variables, HOST: '127.0.0.1' });
  await ready(run);
  expect(run.output).toContain(
    'SERVICE_A_HTTPPORT is not a variable of `npm start`: did you mean SERVICE_A_HTTP_PORT?',
  );
  expect(run.output).toContain(
    'service-b: SERVICE_A_DEADLINEMS is not a setting: did you mean SERVICE_A_DEADLINE_MS?',
  );
  expect(run.output).not.toContain('"msg":"ready"');
  expect(run.output.match(/did you mean/g)).toHaveLength(2);
});

test('with NODE_OPTIONS=--inspect, each service has a separate inspector', async () => {
  const ports = await freePorts(services.length);
  const own = services.map((service, i) => [
    `${service.replaceAll('-', '_').toUpperCase()}_INSPECT_PORT`,
    `${ports[i]}`,
  ]);
  const inspect = { NODE_OPTIONS: '--inspect=0', ...Object.fromEntries(own) };
  const run = start({ ...(await freeVariables()), ...inspect });
  await ready(run);
  for (const [i, service] of services.entries()) {
    const targets = await (await fetch(`http://127.0.0.1:${ports[i]}/json/list`)).text();
    expect(targets).toContain(`/${service}/src/main.ts`);
  }
  expect(run.output).not.toContain('address already in use');
});

/** A process that runs a script and waits for it, as npm does. */
function parentOf(script: string, variables: Record<string, string>): ChildProcess {
  const code = `require('node:child_process').spawn(process.execPath, ['${script}'], { stdio: 'ignore' })`;
  return spawn(process.execPath, ['--eval', code], {
    cwd: root,
    stdio: 'ignore',
    env: { ...process.env, ...variables },
  });
}
