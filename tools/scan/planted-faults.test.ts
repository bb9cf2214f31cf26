import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Registry, registryWithAdvisory } from './advisory-registry.ts';
import { faults, token } from './planted-faults.ts';

const root = join(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'planted-faults-'));
let registry: Registry;

beforeAll(async () => {
  registry = await registryWithAdvisory('fastify');
  copyTheRepository();
  // Committed and removed again, so that only the history has it.
  writeFileSync(join(copy, 'planted-history.env'), `TOKEN=${token('in history')}\n`);
  commit('Add a secret');
  rmSync(join(copy, 'planted-history.env'));
  commit('Remove the secret');
  for (const [file, content] of faults.flatMap(({ files }) => Object.entries(files))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), content);
  }
  git('add', '--all');
});

afterAll(() => {
  registry.close();
  rmSync(copy, { recursive: true });
});

for (const scan of new Set(faults.map((fault) => fault.scan))) {
  test(`${scan} finds its planted faults`, async ({ skip }) => {
    const { status, output } = await run(`scan:${scan}`);
    skip(status === 127, `the tool of ${scan} is not installed`);
    expect([0, 75], output).not.toContain(status);
    for (const { name, finding } of faults.filter((fault) => fault.scan === scan)) {
      expect(output, name).toMatch(finding);
    }
  });
}

test('gitleaks finds a secret that exists only in the history', async () => {
  const { output } = await run('scan:gitleaks-history');
  expect(output).toMatch(/github-pat[\s\S]*planted-history\.env/);
});

test('npm-audit finds a vulnerable dependency', async () => {
  const { status, output } = await run('scan:npm-audit', { npm_config_registry: registry.url });
  expect(output).toMatch(/fastify[\s\S]*A planted advisory/);
  expect(status).toBe(1);
});

test('a scan that cannot run is skipped, and fails in the pipeline', async () => {
  const unreachable = { npm_config_registry: 'http://127.0.0.1:9' };
  const here = await run('scan npm-audit', { ...unreachable, CI: '' });
  expect(here.output).toContain('0 passed, 0 failed, 1 skipped');
  expect(here.status).toBe(0);
  const pipeline = await run('scan npm-audit', { ...unreachable, CI: 'true' });
  expect(pipeline.output).toContain('0 passed, 1 failed, 0 skipped');
  expect(pipeline.status).toBe(1);
});

/** Runs a mise task in the copy. */
function run(task: string, environment = {}): Promise<{ status: number; output: string }> {
  const env = { ...process.env, MISE_YES: '1', npm_config_fetch_retries: '0', ...environment };
  return new Promise((resolve) => {
    execFile('mise', ['run', ...task.split(' ')], { cwd: copy, env }, (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}

function copyTheRepository(): void {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of files.filter((file) => file !== '' && existsSync(join(root, file)))) {
    cpSync(join(root, file), join(copy, file));
  }
  git('init', '--quiet');
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(join(copy, '.git/info/exclude'), 'node_modules\n');
}

function commit(message: string): void {
  git('add', '--all');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', 'commit', '-qm', message);
}

function git(...args: string[]): void {
  execFileSync('git', args, { cwd: copy });
}
