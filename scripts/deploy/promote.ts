import { CommandError } from '../shared/command.ts';
import { deploy } from './deploy.ts';
import * as helm from './helm.ts';
import { releaseName, type Target } from './target.ts';
import { verify } from './verify.ts';

/** Deploys the very images that run in one environment, by digest, to another. */
export async function promote(from: Target, to: Target): Promise<void> {
  const images = await helm.runningImages(from, releaseName);
  if (images.size === 0) throw new CommandError(`${from.name} has no release by digest to promote`);
  console.log(`${from.name} verified: ${await verify(from)}`);
  for (const image of images.values()) console.log(`${from.name} -> ${to.name}: ${image}`);
  await deploy(to, images);
}
