import { deploy } from './release.ts';

/** Once, before the tests. A release that was there before is tested as it is. */
export async function setup(): Promise<void> {
  if (process.env.E2E_IMAGES) await deploy();
}
