import { requireCluster, requireTools } from '@my-app/test-support/cluster/cluster';
import { CommandError, run } from '@my-app/test-support/cluster/command';
import { buildImages } from '@my-app/test-support/cluster/images';
import { publish } from '@my-app/test-support/cluster/published';
import { applyArgoCd, removeArgoCd } from './support/argocd.ts';
import { removeGitServer, serveGit, serveGitAgain } from './support/git.ts';

const needed = [
  'crd/applicationsets.argoproj.io',
  'crd/rollouts.argoproj.io',
  'crd/podmonitors.monitoring.coreos.com',
  'crd/certificates.cert-manager.io',
];

/** Runs once: builds the images, pushes the working tree to the cluster's git server, and lets Argo CD sync it. */
export async function setup(): Promise<() => Promise<void>> {
  await requireTools('kubectl', 'kubectl-argo-rollouts', 'docker', 'git', 'helm');
  const cluster = await requireCluster();
  await run('kubectl', ['get', ...needed]).catch(({ message }) => {
    throw new CommandError(`the cluster lacks controllers of docs/delivery.md: ${message}`);
  });
  process.env.E2E_IMAGES ??= JSON.stringify(await publish(await buildImages(cluster)));
  if (process.env.E2E_GIT) {
    await serveGitAgain();
  } else {
    await removeArgoCd();
    process.env.E2E_GIT = await serveGit();
    await applyArgoCd();
  }
  return async () => {
    removeGitServer();
    if (process.env.E2E_KEEP) console.log(`kept: continue with E2E_GIT=${process.env.E2E_GIT}`);
    else await removeArgoCd();
  };
}
