import { deploy } from './release.ts';

/** Runs once, before the tests. A release that existed before is tested unchanged. */
export async function setup(): Promise<void> {
  if (process.env.E2E_IMAGES) await deploy();
}
