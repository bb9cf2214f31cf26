import { hostname } from 'node:os';

/** Identity of this process, the same in metrics and traces. */
export interface BuildInfo {
  service: string;
  namespace: string;
  version: string;
  /** The commit. */
  revision: string;
  /** The pod's name in Kubernetes. */
  instance: string;
}

/** Describes this process; `version` and `revision` are the image's. */
export function buildInfo(service: string, version = 'dev', revision = 'unknown'): BuildInfo {
  return { service, namespace: 'my-app', version, revision, instance: hostname() };
}
