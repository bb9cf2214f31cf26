import { hostname } from 'node:os';

/** Which process this is: the same in metrics and in traces. */
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
