import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../tools/services.ts';
import { references } from './references.ts';

/** By Prometheus' operator for each Prometheus, whatever chart installs it. */
const ofTheOperator = ['prometheus-operated.monitoring:9090'];

test('the charts of the helmfile create every service and custom resource that is referred to', () => {
  const created = readFileSync(join(root, 'deploy/platform/upstream.lock'), 'utf8').split('\n');
  const referred = references();
  expect(referred.length).toBeGreaterThan(10);
  expect(referred.filter((name) => !created.includes(name))).toEqual(ofTheOperator);
});
