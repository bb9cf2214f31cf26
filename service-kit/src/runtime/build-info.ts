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

/** The image sets SERVICE_VERSION and SERVICE_REVISION; without an image the build is `dev`. */
export function buildInfo(service: string, env: NodeJS.ProcessEnv = process.env): BuildInfo {
  return {
    service,
    namespace: 'my-app',
    version: env.SERVICE_VERSION || 'dev',
    revision: env.SERVICE_REVISION || 'unknown',
    instance: hostname(),
  };
}
