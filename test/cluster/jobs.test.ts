import { release } from '@my-app/test-support/cluster/environment';
import { kubectl } from '@my-app/test-support/cluster/kubectl';
import { deploy } from '@my-app/test-support/cluster/release';
import { afterAll, expect, it } from 'vitest';

afterAll(() => deploy());

it('runs the example of a migration before an upgrade, and of a nightly job', async () => {
  const name = `${release}-service-b`;
  await deploy(release, '--values', 'charts/my-app/ci/jobs-values.yaml');
  // Helm has deleted the Job, not its events.
  const done = `involvedObject.name=${name}-migrate,reason=Completed`;
  expect(await kubectl('get', 'events', '--field-selector', done, '-o', 'name')).toContain('event');
  await kubectl('create', 'job', `${name}-nightly`, `--from=cronjob/${name}-nightly`);
  await kubectl('wait', `job/${name}-nightly`, '--for=condition=Complete', '--timeout=60s');
  expect(await kubectl('logs', `job/${name}-nightly`)).toBe('migrated\n');
});
