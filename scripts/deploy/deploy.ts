import { join } from 'node:path';
import { root } from '../chart/paths.ts';
import { CommandError, secondsSince } from '../shared/command.ts';
import * as helm from './helm.ts';
import type { Images } from './images.ts';
import { diagnosis, ensureNamespace } from './kubectl.ts';
import { deployed } from './revisions.ts';
import { releaseName, type Target } from './target.ts';
import { verify } from './verify.ts';

const candidateName = `${releaseName}-candidate`;
const candidateValues = join(root, 'deploy/candidate.yaml');

/**
 * Deploys in two steps. First a candidate beside the release, with the same values and images but
 * without traffic: an answer of a version that starts and then fails reaches nobody. Then the release
 * itself, rolled back at once where it does not answer right. Images not named stay as they are.
 */
export async function deploy(target: Target, images: Images): Promise<void> {
  await ensureNamespace(target);
  await refuseUnfinished(target);
  const wanted = new Map([...(await helm.runningImages(target, releaseName)), ...images]);
  await tryCandidate(target, wanted);
  await replaceRelease(target, wanted);
}

async function refuseUnfinished(target: Target): Promise<void> {
  const { name } = target;
  const last = (await helm.history(target, releaseName)).at(-1);
  if (!last?.status.startsWith('pending')) return;
  throw new CommandError(
    `${name} is ${last.status}: a deployment is under way, or was interrupted; then \`npm run rollback -- ${name}\` mends it`,
  );
}

async function tryCandidate(target: Target, images: Images): Promise<void> {
  const started = performance.now();
  const candidate = { ...target, valuesFiles: [...target.valuesFiles, candidateValues] };
  try {
    // One may be left from a deployment that was interrupted.
    await helm.uninstall(target, candidateName);
    await helm.upgrade(candidate, candidateName, images);
    const proof = await verify(target, candidateName);
    console.log(`candidate verified in ${secondsSince(started)}: ${proof}`);
  } catch (error) {
    const spent = secondsSince(started);
    throw await explained(
      target,
      error,
      `candidate refused after ${spent}, ${target.name} is as it was`,
    );
  } finally {
    await helm.uninstall(target, candidateName);
  }
}

async function replaceRelease(target: Target, images: Images): Promise<void> {
  const started = performance.now();
  const before = deployed(await helm.history(target, releaseName));
  try {
    await helm.upgrade(target, releaseName, images);
    const proof = await verify(target);
    console.log(`${target.name} upgraded and verified in ${secondsSince(started)}: ${proof}`);
  } catch (error) {
    // What the cluster knows has to be asked before it is undone.
    const explanation = await explained(target, error, `${target.name} failed`);
    console.error(await undo(target, before?.revision));
    throw explanation;
  }
}

async function undo(target: Target, revision: number | undefined): Promise<string> {
  const started = performance.now();
  if (revision === undefined) {
    await helm.uninstall(target, releaseName);
    return `${target.name} had no earlier revision and was uninstalled`;
  }
  await helm.rollbackTo(target, releaseName, revision);
  const proof = await verify(target);
  return `${target.name} rolled back to revision ${revision} in ${secondsSince(started)}: ${proof}`;
}

/** The error with what the cluster knows. */
async function explained(target: Target, error: unknown, summary: string): Promise<CommandError> {
  const { message } = error as Error;
  return new CommandError(`${await diagnosis(target)}\n${summary}: ${message}`);
}
