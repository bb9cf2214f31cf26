import { CommandError, secondsSince } from '../shared/command.ts';
import * as helm from './helm.ts';
import { previous } from './revisions.ts';
import { releaseName, type Target } from './target.ts';
import { verify } from './verify.ts';

/** Puts the revision that served before back, or the one that is asked for. */
export async function rollback(target: Target, wanted?: string): Promise<void> {
  const started = performance.now();
  const history = await helm.history(target, releaseName);
  const to = wanted ? history.find(({ revision }) => `${revision}` === wanted) : previous(history);
  if (!to) {
    const known = history.map(({ revision }) => revision).join(', ') || 'none';
    throw new CommandError(
      `${target.name} has no ${wanted ? `revision ${wanted}` : 'revision to go back to'}, only: ${known}`,
    );
  }
  await helm.rollbackTo(target, releaseName, to.revision);
  const proof = await verify(target);
  console.log(
    `${target.name} rolled back to revision ${to.revision} in ${secondsSince(started)}: ${proof}`,
  );
}
