import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run } from './command.ts';

/** The Kubernetes versions that the chart supports; the first is Chart.yaml's kubeVersion. */
export const kubernetesVersions = ['1.33.0', '1.34.0', '1.35.0', '1.36.0', '1.37.0'];

const customResources = [
  {
    module: 'sigs.k8s.io/gateway-api@v1.4.1',
    files: ['httproutes', 'grpcroutes'].map(
      (name) => `config/crd/standard/gateway.networking.k8s.io_${name}.yaml`,
    ),
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    files: ['example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml'],
  },
  {
    module: 'github.com/argoproj/argo-rollouts@v1.10.2',
    files: ['rollout', 'analysis-template'].map((name) => `manifests/crds/${name}-crd.yaml`),
  },
];

type Schema = { [key: string]: unknown };

const cache = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'my-app/kubernetes-schemas',
);

/** Where kubeconform finds a kind's schema in the folders that this module makes. */
const fileName = '{{ .ResourceKind }}{{ .KindSuffix }}.json';

/** The `-schema-location` arguments of kubeconform for a Kubernetes version. */
export function schemaLocations(version: string): string[] {
  return [builtInSchemas(version), ...customResources.map(customResourceSchemas)].flatMap(
    (folder) => ['-schema-location', join(folder, fileName)],
  );
}

/** Kubernetes' Go module carries its OpenAPI, and a module is had wherever packages are. */
function builtInSchemas(version: string): string {
  return once(`kubernetes-${version}`, (write) => {
    const folder = join(moduleFolder(`k8s.io/kubernetes@v${version}`), 'api/openapi-spec/v3');
    for (const file of readdirSync(folder).filter((name) => /__v\d+_openapi/.test(name))) {
      const document = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      const definitions: Record<string, Schema> = document.components?.schemas ?? {};
      for (const [name, schema] of Object.entries(definitions)) {
        const kinds = schema['x-kubernetes-group-version-kind'] as
          | { group: string; version: string; kind: string }[]
          | undefined;
        const [kind] = kinds ?? [];
        if (kind && kinds?.length === 1) write(kind, standalone(name, definitions));
      }
    }
  });
}

function customResourceSchemas({ module, files }: (typeof customResources)[number]): string {
  return once(module.replaceAll('/', '_'), (write) => {
    const folder = moduleFolder(module);
    for (const file of files) {
      const { spec } = parse(readFileSync(join(folder, file), 'utf8'));
      for (const version of spec.versions) {
        write(
          { group: spec.group, version: version.name, kind: spec.names.kind },
          strict(version.schema.openAPIV3Schema) as Schema,
        );
      }
    }
  });
}

type Write = (kind: { group: string; version: string; kind: string }, schema: Schema) => void;

/** Makes a folder of the cache, or takes the one that is there. */
function once(name: string, make: (write: Write) => void): string {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  make(({ group, version, kind }, schema) => {
    const parts = [kind, group.split('.')[0], version].filter(Boolean);
    const file = `${parts.join('-').toLowerCase()}.json`;
    writeFileSync(join(unfinished, file), JSON.stringify(schema));
  });
  renameSync(unfinished, folder);
  return folder;
}

function moduleFolder(module: string): string {
  return JSON.parse(run('go', ['mod', 'download', '-json', module])).Dir;
}

/** One definition with all that it refers to. */
function standalone(name: string, all: Record<string, Schema>): Schema {
  const definitions: Record<string, unknown> = {};
  const add = (wanted: string) => {
    if (wanted in definitions) return;
    definitions[wanted] = strict(all[wanted]);
    for (const [, found] of JSON.stringify(all[wanted]).matchAll(
      /#\/components\/schemas\/([^"]+)/g,
    ))
      add(found as string);
  };
  add(name);
  const text = JSON.stringify({ $ref: `#/definitions/${name}`, definitions });
  return JSON.parse(text.replaceAll('#/components/schemas/', '#/definitions/'));
}

/** Refuses fields that Kubernetes would silently drop. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Schema = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, strict(value)]),
  );
  const closed =
    typeof copy.properties === 'object' &&
    copy.additionalProperties === undefined &&
    !copy['x-kubernetes-preserve-unknown-fields'];
  return closed ? { ...copy, additionalProperties: false } : copy;
}
