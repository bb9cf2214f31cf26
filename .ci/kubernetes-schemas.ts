#!/usr/bin/env node
/**
 * Extracts the schemas that `mise run chart` needs from Go modules, for machines that cannot reach kubeconform's default
 * locations. Prints the folder, which has the same layout as those. Schemas from an earlier run are kept.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const versions = /versions=\((.*)\)/
  .exec(readFileSync('tools/check/chart', 'utf8'))?.[1]
  ?.split(' ');
const crds = {
  'sigs.k8s.io/gateway-api@v1.4.1': [
    'config/crd/standard/gateway.networking.k8s.io_gateways.yaml',
    'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
    'config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml',
  ],
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    'example/prometheus-operator-crd/monitoring.coreos.com_alertmanagerconfigs.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
  'github.com/argoproj/argo-rollouts@v1.10.2': [
    'manifests/crds/rollout-crd.yaml',
    'manifests/crds/analysis-template-crd.yaml',
  ],
  'github.com/cert-manager/cert-manager@v1.21.2': [
    'deploy/crds/cert-manager.io_certificates.yaml',
    'deploy/crds/cert-manager.io_issuers.yaml',
  ],
  'github.com/external-secrets/external-secrets@v0.16.2': [
    'config/crds/bases/external-secrets.io_externalsecrets.yaml',
    'config/crds/bases/external-secrets.io_secretstores.yaml',
  ],
  'github.com/fluxcd/source-controller@v1.9.6': [
    'config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml',
  ],
  'github.com/fluxcd/kustomize-controller@v1.9.6': [
    'config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml',
  ],
  'github.com/fluxcd/helm-controller@v1.6.1': [
    'config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml',
  ],
  'k8s.io/autoscaler/vertical-pod-autoscaler@v1.8.1': ['deploy/vpa-v1-crd-gen.yaml'],
  'istio.io/api@v1.31.4': ['kubernetes/customresourcedefinitions.gen.yaml'],
};
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'my-app');
const folder = join(cache, 'kubeconform-schemas');

/** Some definitions leave out what the API server checks in any case. */
const ofEveryObject = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object' },
};

type Schema = {
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
};

/** A module may require a newer Go than the installed one, which is then downloaded as a module as well. */
function moduleFolder(module: string): string {
  const options = { cwd: tmpdir(), env: { ...process.env, GOTOOLCHAIN: 'auto' } };
  return JSON.parse(`${execFileSync('go', ['mod', 'download', '-json', module], options)}`).Dir;
}

/** Rejects fields that Kubernetes would silently drop. */
function strict(_: string, schema: Record<string, unknown> | null): unknown {
  const isClosed =
    typeof schema?.properties === 'object' &&
    schema.type === 'object' &&
    schema.additionalProperties === undefined &&
    !schema['x-kubernetes-preserve-unknown-fields'];
  return isClosed ? { ...schema, additionalProperties: false } : schema;
}

function write(file: string, schema: unknown): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), JSON.stringify(schema, strict as never));
}

for (const version of versions ?? []) {
  const to = `v${version}-standalone-strict`;
  if (existsSync(join(folder, to, 'done'))) continue;
  const from = join(moduleFolder(`k8s.io/kubernetes@v${version}`), 'api/openapi-spec/v3');
  for (const api of readdirSync(from).filter((name) => /__v\d+_openapi/.test(name))) {
    const document = JSON.parse(readFileSync(join(from, api), 'utf8'));
    write(`${to}/${api}`, document);
    for (const [name, schema] of Object.entries<Schema>(document.components.schemas)) {
      const [kind, ...others] = schema['x-kubernetes-group-version-kind'] ?? [];
      if (!kind || others.length > 0) continue;
      const parts = [kind.kind, kind.group.split('.')[0], kind.version].filter(Boolean);
      write(`${to}/${parts.join('-').toLowerCase()}.json`, {
        $ref: `${api}#/components/schemas/${name}`,
      });
    }
  }
  write(`${to}/done`, true);
}

for (const [module, files] of Object.entries(crds)) {
  for (const file of files) {
    const documents = parseAllDocuments(readFileSync(join(moduleFolder(module), file), 'utf8'));
    for (const { spec } of documents.map((document) => document.toJS())) {
      for (const { name, schema } of spec.versions) {
        const { properties, ...rest } = schema.openAPIV3Schema;
        write(`${spec.group}/${spec.names.kind.toLowerCase()}_${name}.json`, {
          ...rest,
          properties: { ...ofEveryObject, ...properties },
        });
      }
    }
  }
}
console.log(folder);
