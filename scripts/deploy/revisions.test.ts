import { describe, expect, test } from 'vitest';
import { deployed, previous, type Revision } from './revisions.ts';

const made = (...rows: [status: string, description?: string][]): Revision[] =>
  rows.map(([status, description = 'Upgrade complete'], index) => ({
    revision: index + 1,
    status,
    description,
  }));

describe('the revision to go back to', () => {
  test.each<[string, Revision[], number | undefined]>([
    ['of a new release: none', made(['deployed']), undefined],
    ['where nothing is installed: none', [], undefined],
    ['the one before', made(['superseded'], ['superseded'], ['deployed']), 2],
    ['not one that failed', made(['superseded'], ['failed'], ['deployed']), 1],
    [
      'not the one that was given up before',
      made(['superseded'], ['superseded'], ['superseded'], ['deployed', 'Rollback to 2']),
      1,
    ],
    [
      'through two rollbacks',
      made(
        ['superseded'],
        ['superseded'],
        ['superseded'],
        ['superseded', 'Rollback to 2'],
        ['superseded'],
        ['deployed', 'Rollback to 4'],
      ),
      1,
    ],
    [
      'the serving one, where an upgrade was interrupted',
      made(['deployed'], ['pending-upgrade']),
      1,
    ],
    ['the serving one, where an upgrade failed', made(['deployed'], ['failed']), 1],
  ])('%s', (_, history, revision) => {
    expect(previous(history)?.revision).toBe(revision);
  });
});

test('the deployed revision is the newest with that status', () => {
  expect(deployed(made(['superseded'], ['deployed'], ['failed']))?.revision).toBe(2);
});
