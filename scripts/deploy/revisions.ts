/** What `helm history` says of a revision. */
export interface Revision {
  readonly revision: number;
  readonly status: string;
  readonly description: string;
}

/** The revision that serves now. */
export const deployed = (history: readonly Revision[]): Revision | undefined =>
  history.findLast(({ status }) => status === 'deployed');

/**
 * The revision before the one that serves now. A rollback to revision 2 counts as revision 2: what
 * came after it was given up for a reason, and is not gone back to.
 */
export function previous(history: readonly Revision[]): Revision | undefined {
  const now = history.at(-1);
  if (!now) return undefined;
  // What fails or is interrupted has not served: the one before it has, and is wanted again.
  if (!['deployed', 'superseded'].includes(now.status)) return deployed(history);
  const origin = originOf(now, history);
  return history.findLast(
    ({ revision, status }) => revision < origin.revision && status === 'superseded',
  );
}

function originOf(revision: Revision, history: readonly Revision[]): Revision {
  const [, number] = /^Rollback to (\d+)/.exec(revision.description) ?? [];
  const origin = history.find((other) => `${other.revision}` === number);
  return origin ? originOf(origin, history) : revision;
}
