import { type Manifest, read } from './render.ts';

interface Kind {
  group: string;
  kind: string;
}

const projects = [
  ...read('deploy/argocd/project.yaml'),
  ...read('deploy/argocd/preview-projects.yaml'),
];

/** Kinds that the AppProject does not let a sync make. */
export function forbidden(project: string, manifests: Manifest[]): string[] {
  const { spec } = projects.find(({ metadata }) => metadata.name === project);
  const allowed = [...spec.namespaceResourceWhitelist, ...(spec.clusterResourceWhitelist ?? [])];
  const isAllowed = (group: string, kind: string) =>
    allowed.some((each: Kind) => each.group === group && [kind, '*'].includes(each.kind));
  return manifests
    .map(({ apiVersion, kind }) => [apiVersion.includes('/') ? apiVersion.split('/')[0] : '', kind])
    .filter(([group, kind]) => !isAllowed(group, kind))
    .map(([group, kind]) => `${group}/${kind}`);
}
