import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../chart/paths.ts';
import { run } from '../shared/command.ts';
import { verifyCommands } from './security-md.ts';

const folder = mkdtempSync(join(tmpdir(), 'my-app-artifacts-test-'));
const repository = join(folder, 'repository');
const registry = `localhost:5001/artifacts-test-${process.pid}`;
const key = join(folder, 'cosign.key');
const publicKey = join(folder, 'cosign.pub');

const git = (...args: string[]) =>
  run('git', [
    '-C',
    repository,
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@localhost',
    ...args,
  ]);

/** A commit with this working tree's files, to change and commit without touching them. */
async function makeRepository(): Promise<void> {
  const files = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const file of files.split('\0').filter((file) => file && existsSync(join(root, file)))) {
    cpSync(join(root, file), join(repository, file), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(repository, 'node_modules'));
  await git('init', '--quiet');
  appendFileSync(join(repository, '.git/info/exclude'), 'node_modules\n');
  await commit();
}

async function commit(): Promise<void> {
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'A change');
}

const artifacts = (...args: string[]) =>
  run(process.execPath, [join(repository, 'scripts/artifacts.ts'), ...args]);

async function pushImages(tag = 'main', unchangedFrom = 'main'): Promise<string[]> {
  const options = ['--registry', registry, '--tag', tag, '--unchanged-from', unchangedFrom];
  return (await artifacts('push', ...options, '--key', key)).trim().split(' ');
}

/** A command of SECURITY.md, with a key in the place of the pipeline's identity. */
function documented(command: string, reference: string, withKey = publicKey): Promise<string> {
  const identity = /--certificate-identity-regexp '[^']+' \\\n\s+--certificate-oidc-issuer \S+/;
  const local = command
    .replace(identity, `--key ${withKey} --insecure-ignore-tlog`)
    .replace(/ghcr\.io\S+/, reference);
  expect(local).not.toMatch(/certificate|ghcr/);
  return run('sh', ['-c', local]);
}

const [verify = '', ...verifyAttestations] = verifyCommands;
let references: string[];

beforeAll(async () => {
  process.env.COSIGN_PASSWORD = '';
  await run('cosign', ['generate-key-pair', '--output-key-prefix', join(folder, 'cosign')]);
  await makeRepository();
  references = await pushImages();
});

afterAll(() => rmSync(folder, { recursive: true }));

test('the commands of SECURITY.md verify every image', async () => {
  expect(references).toHaveLength(2);
  for (const reference of references) {
    for (const command of [verify, ...verifyAttestations]) await documented(command, reference);
  }
});

test('so does the command that a deployment runs', async () => {
  const told = await artifacts('verify', '--images', references.join(' '), '--key', publicKey);
  expect(told.match(/signed, with SBOM and provenance/g)).toHaveLength(2);
});

test('the SBOM lists the bundle, Node.js and the base', async () => {
  const { components } = await attested('cyclonedx');
  const purls = components.map(({ purl = '' }: { purl?: string }) => purl).join('\n');
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/fastify/package.json'), 'utf8'),
  );
  expect(purls).toContain(`pkg:npm/fastify@${version}`);
  expect(purls).toMatch(/pkg:github\/nodejs\/node@v24\./);
  expect(components.map(({ type }: { type: string }) => type)).toContain('operating-system');
});

test('the provenance names the commit', async () => {
  const { buildDefinition } = await attested('slsaprovenance1');
  const head = (await git('rev-parse', 'HEAD')).trim();
  expect(buildDefinition.resolvedDependencies[0].digest.gitCommit).toBe(head);
});

async function attested(type: string) {
  const command = verifyAttestations.find((one) => one.includes(`--type ${type} `)) ?? '';
  const { payload } = JSON.parse(await documented(command, references[0] ?? ''));
  return JSON.parse(Buffer.from(payload, 'base64').toString()).predicate;
}

test('an image that someone pushed in the place of ours is refused', async () => {
  const [name] = (references[0] ?? '').split('@');
  const dockerfile = `FROM ${references[0]}\nLABEL tampered=true\n`;
  await run('docker', ['build', '--quiet', '--tag', `${name}:main`, '-'], dockerfile);
  await run('docker', ['push', '--quiet', `${name}:main`]);
  await expect(documented(verify, `${name}:main`)).rejects.toThrow(/no signatures found/);
});

test('a signature of anybody else is refused', async () => {
  await run('cosign', ['generate-key-pair', '--output-key-prefix', join(folder, 'other')]);
  for (const command of [verify, ...verifyAttestations]) {
    await expect(
      documented(command, references[0] ?? '', join(folder, 'other.pub')),
    ).rejects.toThrow();
  }
});

test('nor is it taken for unchanged by the next publication', async () => {
  const [a, b] = await pushImages();
  expect(b).toBe(references[1]);
  await documented(verify, a ?? '');
  references = [a ?? '', b ?? ''];
});

test('what nothing of a change concerns stays, byte for byte', async () => {
  appendFileSync(join(repository, 'README.md'), '\nA change.\n');
  await commit();
  expect(await pushImages()).toEqual(references);
  appendFileSync(join(repository, 'service-b/src/main.ts'), '\n// A change.\n');
  await commit();
  const [a, b] = await pushImages();
  expect(a).toBe(references[0]);
  expect(b).not.toBe(references[1]);
  references = [a ?? '', b ?? ''];
});

test('a release takes what was published for its commit', async () => {
  const head = await run('git', ['-C', repository, 'rev-parse', 'HEAD']);
  expect(await pushImages('1.2.3', `sha-${head.trim()}`)).toEqual(references);
});

test('the chart installs the very images, and is signed', async () => {
  const options = ['--registry', registry, '--images', references.join(' '), '--key', key];
  const chart = (await artifacts('push-chart', ...options)).trim();
  await documented(verify, chart);
  const rendered = await run('helm', [
    ...['template', 'my-app', `oci://${chart}`, '--plain-http', '--kube-version', '1.34.0'],
  ]);
  for (const reference of references) expect(rendered).toContain(`image: ${reference}\n`);
});
