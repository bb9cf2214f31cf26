import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '@my-app/test-support/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = read('README.md') + read('docs/one-ping.md');

/** The pages' ports, and the free ports that replace them. */
const names = {
  8011: 'SERVICE_A_HTTP_PORT',
  50051: 'SERVICE_A_GRPC_PORT',
  9011: 'SERVICE_A_ADMIN_PORT',
  8012: 'SERVICE_B_HTTP_PORT',
  9012: 'SERVICE_B_ADMIN_PORT',
};
let ports: Record<string, number>;
let services: ReturnType<typeof spawn>;

beforeAll(async () => {
  const free = await freePorts(5);
  ports = Object.fromEntries(Object.keys(names).map((port, i) => [port, free[i] ?? 0]));
  services = spawn(process.execPath, ['tools/dev/start.mjs'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...Object.fromEntries(Object.entries(names).map(([port, name]) => [name, `${ports[port]}`])),
    },
  });
  await new Promise<void>((resolve) => {
    services.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('All services are ready.')) resolve();
    });
  });
});

afterAll(async () => {
  const ended = once(services, 'exit');
  services.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});

/** The `$ command`s of the pages' console blocks, with their output. */
const examples = [...pages.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((example) => {
      const [command = '', ...output] = example.trimEnd().split('\n');
      return { command, output: output.join('\n') };
    }),
);

// In CI, the test fails if the tool is missing.
const hasGrpcurl = process.env.CI === 'true' || !spawnSync('grpcurl', ['--version']).error;

describe('README and docs/one-ping.md', () => {
  it('has examples', () => expect(examples.length).toBeGreaterThan(5));

  it('names a test for each line of "On a bad day"', () => {
    const rows = read('docs/bad-day.md').match(/^\| (?!---|what happens).*/gm) ?? [];
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) {
      const tests = [...row.matchAll(/\(([\w./-]+\.test\.ts)\)/g)].map(([, path = '']) => path);
      expect(tests, row).not.toEqual([]);
      expect(tests.filter((path) => !existsSync(join(root, 'docs', path)))).toEqual([]);
    }
  });

  for (const { command, output } of examples) {
    it.skipIf(command.startsWith('grpcurl') && !hasGrpcurl)(command, () => {
      const here = command.replace(/localhost:(\d+)/g, (_, port) => `localhost:${ports[port]}`);
      const actual = execFileSync('sh', ['-c', here.replace(/^curl/, 'curl -s')], {
        encoding: 'utf8',
      });
      const pattern = output
        .split('…')
        .map((text) => RegExp.escape(text))
        .join('[\\w-]+');
      expect(actual.trimEnd()).toMatch(new RegExp(`^${pattern}$`));
    });
  }
});
