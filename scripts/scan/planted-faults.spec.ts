import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missingTool } from './pins.ts';
import { faults, token } from './planted-faults.ts';
import { scans } from './scans.ts';

const scanCommand = join(import.meta.dirname, '../scan.ts');
let copy: string;
let registry: Server;

beforeAll(async () => {
  copy = copyOfTheRepository();
  // Committed and removed again: only the history still has it.
  writeFileSync(join(copy, 'planted-history.env'), `TOKEN=${token('in history')}\n`);
  commit('Add a secret');
  rmSync(join(copy, 'planted-history.env'));
  commit('Remove the secret');
  for (const { files } of faults) {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      appendFileSync(join(copy, file), content);
    }
  }
  registry = await registryWithAdvisory('fastify');
});

afterAll(() => {
  registry.close();
  rmSync(copy, { recursive: true });
});

for (const { name, scan, finding } of faults) {
  const tools = scans.find((entry) => entry.name === scan)?.tools ?? [];
  // A tool that no registry carries, such as Polaris, is not on every machine.
  const missing = tools.map(missingTool).find((line) => line !== undefined);
  const title = `${scan} catches ${name}`;
  test.skipIf(missing)(missing ? `${title} (skipped: ${missing})` : title, async () => {
    const { exitCode, output } = await scanned(scan);
    expect(output).toMatch(finding);
    expect(output).toContain(`FAILED   ${scan}`);
    expect(exitCode).toBe(1);
  });
}

test('gitleaks-history catches a secret that is in the history only', async () => {
  const { exitCode, output } = await scanned('gitleaks-history');
  expect(output).toMatch(/FAILED {3}gitleaks-history[\s\S]*planted-history\.env:1 .*github-pat/);
  expect(exitCode).toBe(1);
});

test('npm-audit catches a vulnerable dependency', async () => {
  const { exitCode, output } = await scanned('npm-audit');
  expect(output).toMatch(/FAILED {3}npm-audit[\s\S]*fastify .*A planted advisory/);
  expect(exitCode).toBe(1);
});

test('in the pipeline, a scan that can not run fails', async () => {
  const unreachable = { npm_config_registry: 'http://127.0.0.1:9', CI: 'true' };
  const { exitCode, output } = await runScan('npm-audit', unreachable);
  expect(output).toMatch(/FAILED {3}npm-audit +could not run: .*can't be reached/);
  expect(exitCode).toBe(1);
});

test('elsewhere, a scan that can not run is skipped, not passed', async () => {
  const unreachable = { npm_config_registry: 'http://127.0.0.1:9', CI: '' };
  const { exitCode, output } = await runScan('npm-audit', unreachable);
  expect(output).toMatch(/skipped: npm-audit .*can't be reached/);
  expect(output).toContain('0 passed, 0 failed, 1 skipped');
  expect(exitCode).toBe(0);
});

interface Ended {
  exitCode: number | null;
  output: string;
}

const runs = new Map<string, Promise<Ended>>();

/** Runs a scan on the copy, once for all faults that it has to find. */
function scanned(name: string): Promise<Ended> {
  const { port } = registry.address() as AddressInfo;
  const started =
    runs.get(name) ??
    runScan(name, { npm_config_registry: `http://127.0.0.1:${port}`, CI: 'true' });
  runs.set(name, started);
  return started;
}

async function runScan(name: string, environment: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(process.execPath, [scanCommand, name], {
    cwd: copy,
    env: { ...process.env, ...environment, npm_config_fetch_retries: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const output = await text(child.stdout);
  return { exitCode: await exit, output };
}

function copyOfTheRepository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'planted-faults-'));
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', list, { encoding: 'utf8' }).split('\0');
  for (const file of files.filter((file) => file !== '' && existsSync(file))) {
    cpSync(file, join(folder, file));
  }
  execFileSync('git', ['init', '--quiet', folder]);
  return folder;
}

function commit(message: string): void {
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid'];
  execFileSync('git', ['add', '--all'], { cwd: copy });
  execFileSync('git', [...author, 'commit', '--quiet', `--message=${message}`], { cwd: copy });
}

/** A registry that has an advisory for a package that is in package-lock.json, and nothing else. */
async function registryWithAdvisory(name: string): Promise<Server> {
  const lock = JSON.parse(readFileSync(join(copy, 'package-lock.json'), 'utf8'));
  const { version } = lock.packages[`node_modules/${name}`];
  const advisory = {
    id: 1,
    url: 'https://example.invalid/advisory',
    title: 'A planted advisory',
    severity: 'high',
    vulnerable_versions: version,
    cwe: [],
    cvss: { score: 0, vectorString: null },
  };
  const packument = {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version } },
  };
  const answers: Record<string, object> = {
    '/-/npm/v1/security/advisories/bulk': { [name]: [advisory] },
    [`/${name}`]: packument,
  };
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[request.url ?? ''];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
