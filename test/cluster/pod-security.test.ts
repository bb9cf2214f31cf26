import { namespace, release } from '@my-app/test-support/cluster/environment';
import { admit, kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { nodePod } from '@my-app/test-support/cluster/node-pod';
import { onePod } from '@my-app/test-support/cluster/pods';
import { expect, it } from 'vitest';
import { services } from '../../tools/services.ts';

it('the namespace rejects a privileged pod', async () => {
  const pod = nodePod('e2e-privileged', []);
  await admit(pod);
  const [container] = pod.spec.containers;
  const privileged = { ...container, securityContext: { privileged: true } };
  const rejected = { ...pod, spec: { ...pod.spec, containers: [privileged] } };
  await expect(admit(rejected)).rejects.toThrow('violates PodSecurity "restricted');
});

it.each(services)(
  '%s runs read-only, as non-root, without privileges or a token',
  async (service) => {
    const { metadata } = await onePod(service);
    expect(await node(metadata.name, inspect)).toEqual({
      uid: 65532,
      writes: { '/app/e2e': 'EROFS', '/tmp/e2e': 'EROFS', '/e2e': 'EROFS' },
      token: false,
      // https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
      CapEff: '0000000000000000',
      CapBnd: '0000000000000000',
      NoNewPrivs: '1',
      Seccomp: '2',
    });
  },
);

const inspect = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const write = (path) => {
  try {
    writeFileSync(path, '');
    return 'written';
  } catch ({ code }) {
    return code;
  }
};
const status = readFileSync('/proc/1/status', 'utf8');
const field = (name) => [name, status.match(new RegExp('^' + name + ':\\\\s+(\\\\S+)', 'm'))[1]];
console.log(JSON.stringify({
  uid: process.getuid(),
  writes: Object.fromEntries(['/app/e2e', '/tmp/e2e', '/e2e'].map((path) => [path, write(path)])),
  token: existsSync('/var/run/secrets/kubernetes.io/serviceaccount'),
  ...Object.fromEntries(['CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map(field)),
}));
`;

it.each(services)('the service account of %s has no permissions', async (service) => {
  const as = `--as=system:serviceaccount:${namespace}:${release}-${service}`;
  const permissions = [
    ['get', 'secrets'],
    ['list', 'pods'],
    ['create', 'pods'],
    ['create', 'pods/exec'],
    ['*', '*'],
  ];
  for (const permission of permissions) {
    const answer = await kubectl('auth', 'can-i', ...permission, as).catch(
      ({ message }) => message,
    );
    expect(answer, permission.join(' ')).toMatch(/no$/);
  }
  // The API server enforces it, and does not forbid everyone.
  await expect(kubectl('get', 'secrets', as)).rejects.toThrow('Forbidden');
  await kubectl('get', 'secrets');
});
