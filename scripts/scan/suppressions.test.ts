import { expect, test } from 'vitest';
import { complaint, suppressionsIn } from './suppressions.ts';

test.each([
  ['.checkov.yaml', '  # The kubelet probes the pods (2026-11-23).\n  - CKV_DOCKER_2'],
  ['.polaris.yaml', '# Clusters name their own classes (2026-11-23).\npriorityClassNotSet: ignore'],
  [
    'scripts/scan/scans.ts',
    "// Who deploys manages workloads (2026-11-23).\n'--skip-files=role.yaml',",
  ],
  ['.gitleaks.toml', '# What tools make from source (2026-11-23).\n[[allowlists]]'],
  ['Dockerfile', '# The shell is needed here: 2026-11-23\n# hadolint ignore=DL3002\nUSER root'],
  ['src/a.ts', 'run(code); // nosemgrep: eval-of-text, its text is a constant (2026-11-23)'],
  ['ci.yml', 'on: push # zizmor: ignore[excessive] it only reads the tree (2026-11-23)'],
])('%s: finds a suppression with its reason and date', (file, text) => {
  const [suppression, ...others] = suppressionsIn(file, text);
  expect(others).toEqual([]);
  expect(suppression && complaint(suppression)).toBeUndefined();
  expect(suppression?.where).toMatch(new RegExp(`^${RegExp.escape(file)}:\\d$`));
});

test.each([
  ['.trivyignore', 'KSV011'],
  ['.hadolint.yaml', 'ignored:\n  - DL3002'],
  ['.github/zizmor.yml', 'rules:\n  template-injection:\n    disable: true'],
  ['templates/deployment.yaml', '    polaris.fairwinds.com/runAsRootAllowed-exempt: "true"'],
])('%s: complains where the reason is missing', (file, text) => {
  const [suppression] = suppressionsIn(file, text);
  expect(suppression && complaint(suppression)).toBe('has no reason beside it');
});

test('complains where the date is missing', () => {
  const [suppression] = suppressionsIn('.trivyignore', '# The kernel limits it already\nKSV011');
  expect(suppression && complaint(suppression)).toBe('has no date beside it');
});

test('one comment does not do for two suppressions', () => {
  const text = '# The kubelet probes the pods (2026-11-23).\n- CKV_DOCKER_2\n- CKV_DOCKER_3';
  const complaints = suppressionsIn('.checkov.yaml', text).map(complaint);
  expect(complaints).toEqual([undefined, 'has no reason beside it']);
});

test('a scanner that is configured is not silenced', () => {
  expect(suppressionsIn('.polaris.yaml', 'checks:\n  runAsRootAllowed: danger')).toEqual([]);
});
