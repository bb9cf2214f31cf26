/**
 * Regenerates the committed artefacts: the fields' rules in comments of the proto files, and proto/gen from these; docs/settings.md, the chart's
 * schema and dependencies, the OpenAPI documents, the lists in docker-bake.hcl and .vscode/launch.json and a preview's network
 * policies from the services and their settings; the dashboards; and, if helm-docs is installed, the chart's README. `--check` fails when a committed file
 * is out of date, except that README, which `mise run chart` checks.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { dashboardFiles } from '../dashboards/main.ts';
import { root } from '../services.ts';
import { bakeFile } from './bake.ts';
import { chartWithDependencies } from './chart-dependencies.ts';
import { protoWithRules } from './field-rules.ts';
import { launchFile } from './launch.ts';
import { openApiFiles } from './openapi.ts';
import { previewValues } from './preview-values.ts'; // ring: argocd
import { generateProto } from './proto.ts';
import { settingsPage } from './settings.ts';
import { valuesSchema } from './values-schema.ts';

/** All files below a folder, as paths relative to `base`. */
function filesIn(folder: string, base: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)));
}

const read = (base: string, file: string): string | undefined =>
  existsSync(join(base, file)) ? readFileSync(join(base, file), 'utf8') : undefined;

/** Writes only files that differ: services under a watcher see a single edit and no missing files. */
function write(files: Iterable<[string, string | undefined]>): void {
  for (const [file, text] of files) {
    if (read(root, file) === text) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text ?? '');
  }
}

/** The expected content of proto/gen. Throws if buf fails; buf has then printed the reason. */
function proto(): [string, string | undefined][] {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-gen-'));
  try {
    generateProto(join(folder, 'proto'));
    return filesIn(folder, folder).map((file) => [file, read(folder, file)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isCheck = process.argv.includes('--check');
const contracts = await protoWithRules();
if (!isCheck) write(contracts); // first: proto/gen has their comments
const messages = proto();
if (!isCheck) write(messages); // before the services, which import them, are started
const fresh = new Map([
  ...contracts,
  ...messages,
  ['docs/settings.md', await settingsPage()],
  ['charts/my-app/Chart.yaml', chartWithDependencies()],
  ['deploy/preview/values.yaml', previewValues()], // ring: argocd
  ['docker-bake.hcl', bakeFile()],
  ['.vscode/launch.json', await launchFile()],
  ['charts/my-app/values.schema.json', await valuesSchema()],
  ...(await openApiFiles()),
  ...dashboardFiles(),
]);
const changed = [...fresh].filter(([file, text]) => read(root, file) !== text);
const gone = ['proto/gen', 'charts/my-app/dashboards']
  .flatMap((folder) => filesIn(join(root, folder), root))
  .filter((file) => !fresh.has(file));

if (isCheck) {
  const stale = [...changed.map(([file]) => file), ...gone];
  if (stale.length > 0) {
    console.error(`out of date: ${stale.join(', ')}: run \`npm run generate\` and commit it`);
    process.exitCode = 1;
  }
} else {
  write(changed);
  for (const file of gone) rmSync(join(root, file));
  const chart = ['--chart-search-root', 'charts/my-app', '--chart-to-generate', 'charts/my-app'];
  const options = ['--document-dependency-values', '--log-level', 'error', '--dry-run'];
  const { status, stdout, error } = spawnSync('helm-docs', [...chart, ...options], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const page = 'charts/my-app/README.md';
  if (error) console.warn(`helm-docs not found: ${page} was not regenerated`);
  else if (status !== 0) process.exitCode = 1;
  // helm-docs itself would write the file each time, and Tilt redeploy the chart and replace its pods.
  else if (stdout !== read(root, page)) writeFileSync(join(root, page), stdout);
}
