import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../services.ts';

/** What a machine may force on the values that ship. Everything else is tested as it is committed. */
const allowed = [
  /^service-\w+\.resources\.requests\.(cpu|memory)$/,
  /^service-\w+\.config\.\w+_(DEADLINE|TIMEOUT)_MS$/,
  /^service-\w+\.networkPolicy\.ingress\.\w+$/, // the load pod's
  /^global\.defaults\.autoscaling\.maxReplicas$/,
  /^global\.defaults\.podMonitor\.interval$/,
  /^global\.defaults\.prometheusRule\.windowScale$/,
  /^global\.defaults\.rollout\.(steps|scaleDownDelaySeconds)$/,
  /^global\.defaults\.rollout\.analysis\.(interval|window|latencySeconds)$/,
  /^alertmanagerConfig\.(groupWait|groupInterval|repeatInterval|pagerdutyUrl)$/,
];

/** The paths of everything that is set. A list is set as a whole. */
function paths(values: unknown, path: string[] = []): string[] {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    return [path.join('.')];
  return Object.entries(values).flatMap(([key, value]) => paths(value, [...path, key]));
}

test("the tests' values change nothing but what a small machine forces", () => {
  const values = parse(readFileSync(join(root, 'test/values.yaml'), 'utf8'), { merge: true });
  const refused = (path: string) => !allowed.some((each) => each.test(path));
  expect(paths(values).filter(refused)).toEqual([]);
  expect(paths({ global: { image: { registry: 'localhost:5001' } } }).filter(refused)).toHaveLength(
    1,
  );
});
