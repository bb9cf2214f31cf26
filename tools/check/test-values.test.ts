import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../services.ts';

/** What a machine may force on the values that ship. Everything else is tested as it is committed. */
const allowed = [
  /^service-\w+\.resources\.requests\.(cpu|memory)$/,
  /^service-\w+\.config\.\w+_(DEADLINE|TIMEOUT|CONNECTION_AGE)_MS$/,
  /^service-\w+\.networkPolicy\.ingress\.\w+$/, // the load pod's
  /^global\.defaults\.autoscaling\.maxReplicas$/,
  /^global\.defaults\.podMonitor\.interval$/,
  /^global\.defaults\.prometheusRule\.windowScale$/,
  /^(global\.defaults|service-\w+)\.rollout\.(steps|scaleDownDelaySeconds)$/,
  /^global\.defaults\.rollout\.analysis\.(interval|window|latencySeconds)$/,
  /^service-\w+\.slo\.latencySeconds$/,
  /^service-\w+\.config\.FAULTS_ENABLED$/, // as docs/bad-day.md rehearses
  /^alertmanagerConfig\.(groupWait|groupInterval|repeatInterval|pagerdutyUrl)$/,
];

/** The paths of everything that is set. A list is set as a whole. */
function paths(values: unknown, path: string[] = []): string[] {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    return [path.join('.')];
  return Object.entries(values).flatMap(([key, value]) => paths(value, [...path, key]));
}

const refused = (values: unknown) =>
  paths(values).filter((path) => !allowed.some((each) => each.test(path)));

const files = ['test/values.yaml', ...globSync('test/platform/*/values.yaml', { cwd: root })];

test.each(files)('%s changes nothing but what a small machine forces', (file) => {
  expect(refused(parse(readFileSync(join(root, file), 'utf8'), { merge: true }))).toEqual([]);
});

/** What tests do, as a person would: start an upgrade, scale, switch to a canary, log more. */
const done = [
  /^(global\.defaults|service-\w+)\.(podAnnotations\.version|replicaCount|autoscaling\.enabled|rollout\.strategy)$/,
  /^global\.config\.LOG_LEVEL$/,
];

test("the code of the platform's tests sets no other key", () => {
  const code = globSync('test/platform/**/*.ts', { cwd: root }).map((file) =>
    readFileSync(join(root, file), 'utf8'),
  );
  const keys = [...code.join('\n').matchAll(/--set(?:-\w+)?(?:', ['`]|=)([\w.-]+)=/g)].map(
    ([, key = '']) => key,
  );
  const known = [...allowed, ...done];
  expect(keys.filter((key) => !known.some((each) => each.test(key)))).toEqual([]);
});

test('any other key is refused', () => {
  expect(refused({ global: { image: { registry: 'localhost:5001' } } })).toHaveLength(1);
});
