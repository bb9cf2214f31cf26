import { expect, test } from 'vitest';
import { commands, operatorRules, permissionsFor } from './runbooks.ts';

const rules = operatorRules();

test('finds commands in the runbooks', () => {
  expect(commands().length).toBeGreaterThan(20);
});

test.each(commands())('$page: operators are allowed to run `$command`', ({ command }) => {
  const missing = permissionsFor(command, rules).filter(
    ({ verb, group, resource }) =>
      !rules.some(
        ({ apiGroups, resources, verbs }) =>
          apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
      ),
  );
  expect(missing).toEqual([]);
});

test.each([
  'helm rollback my-app',
  'kubectl scale deploy my-app-service-b --replicas 2',
  'kubectl get secret alerting',
  'kubectl port-forward deploy/my-app-service-b 9012',
  'kubectl exec POD -- sh',
])('rejects `%s`', (command) => {
  expect(() => permissionsFor(command, rules)).toThrow(
    /not allowed in production|neither a kubectl|no role allows/,
  );
});
