/**
 * Checks the Helm chart: lint, unit tests, every rendering against the schemas of every Kubernetes
 * version that it supports, and its README.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CommandError, onPath, run } from './chart/command.ts';
import { kubernetesVersions, schemaLocations } from './chart/kubernetes-schemas.ts';
import { environments, services, umbrella, yamlFiles } from './chart/paths.ts';
import { addThirdService } from './chart/third-service.ts';

const [newest = ''] = kubernetesVersions.slice(-1);

const missing = ['helm', 'helm-unittest', 'helm-docs', 'kubeconform', 'go'].filter(
  (tool) => !onPath(tool),
);
if (missing.length > 0) {
  console.error(`chart: ${missing.join(', ')} not found: run \`mise install\``);
  process.exit(1);
}

const schemas = kubernetesVersions.map((version) => [version, schemaLocations(version)] as const);

let passed = 0;
let failed = 0;

function check(name: string, action: () => void): void {
  try {
    action();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    const text = error instanceof CommandError ? error.message : String(error);
    console.log(`FAIL  ${name}\n${text.replace(/^/gm, '      ')}`);
  }
}

function fail(message: string): never {
  throw new CommandError(message);
}

function lint(chart: string, ...args: string[]): void {
  run('helm', ['lint', '--strict', '--quiet', '--kube-version', newest, chart, ...args]);
}

function render(chart: string, ...args: string[]): string {
  return run('helm', ['template', 'my-app', chart, '--kube-version', newest, ...args]);
}

function checkRendering(name: string, chart: string, ...args: string[]): void {
  check(`${name}: lint`, () => lint(chart, ...args));
  let manifests = '';
  check(`${name}: render`, () => {
    manifests = render(chart, ...args);
  });
  if (manifests === '') return;
  for (const [version, locations] of schemas) {
    check(`${name}: Kubernetes ${version}`, () => {
      run('kubeconform', ['-strict', ...locations], manifests);
    });
  }
}

function inCopy(action: (copy: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-chart-'));
  try {
    const copy = join(folder, 'my-app');
    cpSync(umbrella, copy, { recursive: true });
    action(copy);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

check('README.md is what helm-docs makes', () => {
  const file = join(umbrella, 'README.md');
  const docs = ['--chart-search-root', umbrella, '--chart-to-generate', umbrella];
  const fresh = run('helm-docs', [...docs, '--document-dependency-values', '--dry-run']);
  if (fresh.trim() !== readFileSync(file, 'utf8').trim())
    fail('run `npm run generate` and commit it');
});

check('unit tests', () => {
  const output = run('helm-unittest', ['--strict', umbrella]);
  console.log(
    output
      .split('\n')
      .filter((line) => /^(Tests|Test Suites):/.test(line))
      .join('\n'),
  );
});

checkRendering('defaults', umbrella);
for (const file of [...yamlFiles(join(umbrella, 'ci')), ...yamlFiles(environments)]) {
  checkRendering(basename(file, '.yaml'), umbrella, '--values', file);
}

for (const name of services) {
  inCopy((copy) => {
    const chart = join(copy, 'charts', name);
    check(`${name} on its own: helm dependency build`, () => {
      run('helm', ['dependency', 'build', chart]);
    });
    checkRendering(`${name} on its own`, chart);
    // Its copy of common must not get in the umbrella's way.
    check(`${name}: the umbrella renders the same after it`, () => {
      if (render(copy) !== render(umbrella)) fail('the rendering differs');
    });
  });
}

inCopy((copy) => {
  addThirdService(copy);
  checkRendering('a third service', copy);
  check('a third service: has all that service A has', () => {
    const kinds = (name: string) =>
      [...render(copy).matchAll(/^kind: (\w+)\nmetadata:\n {2}name: my-app-(service-\w)/gm)]
        .filter(([, , service]) => service === name)
        .map(([, kind]) => kind);
    if (kinds('service-a').length === 0) fail('service A has nothing');
    if (`${kinds('service-c')}` !== `${kinds('service-a')}`) fail(`only ${kinds('service-c')}`);
  });
  check('a third service: can be switched off', () => {
    if (/service-c/.test(render(copy, '--set', 'service-c.enabled=false'))) fail('it is rendered');
  });
});

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
