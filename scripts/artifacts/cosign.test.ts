import { expect, test } from 'vitest';
import { identity } from './cosign.ts';
import { verifyCommands } from './security-md.ts';

const [, pattern = ''] = identity;

test('SECURITY.md prints the identity that the deployment verifies', () => {
  const commands = verifyCommands;
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) {
    expect(command).toContain(`--certificate-identity-regexp '${pattern}'`);
    expect(command).toContain(`${identity[2]} ${identity[3]} `);
  }
});

const workflows = 'https://github.com/my-org/my-app/.github/workflows';

test.each([
  ['the pipeline on main', `${workflows}/ci.yml@refs/heads/main`, true],
  ['a release', `${workflows}/release.yml@refs/tags/v1.2.0`, true],
  ['a pull request', `${workflows}/ci.yml@refs/pull/1/merge`, false],
  ['another branch', `${workflows}/ci.yml@refs/heads/main-2`, false],
  ['another workflow', `${workflows}/preview.yml@refs/heads/main`, false],
  ['a fork', 'https://github.com/my-org2/my-app/.github/workflows/ci.yml@refs/heads/main', false],
  ['a name with our prefix', `${workflows}/ci.yml@refs/tags/v1.2.0-evil/x`, false],
])('a signature of %s: counts %s', (_, signer, counts) => {
  expect(new RegExp(pattern).test(signer)).toBe(counts);
});
