import { expect, test } from 'vitest';
import { type Lockfile, lockfile, npmComponents } from './components.ts';

const lock: Lockfile = {
  '': {},
  'node_modules/@x/kit': { link: true, resolved: 'kit' },
  kit: { version: '1.0.0', dependencies: { shared: '1', '@scope/logger': '2' } },
  'kit/node_modules/shared': { version: '1.0.0' },
  service: { version: '1.0.0', dependencies: { '@x/kit': '1', shared: '2' } },
  'node_modules/shared': { version: '2.0.0' },
  'node_modules/@scope/logger': {
    version: '2.3.4',
    integrity: 'sha512-AAEC',
    license: 'MIT OR Apache-2.0',
    dependencies: { shared: '2' },
    optionalDependencies: { 'for-another-platform': '1' },
  },
  'node_modules/only-for-tests': { version: '9.0.0' },
};

test('the packages of a service are found as Node.js would find them', () => {
  expect(npmComponents('service', lock).map(({ purl }) => purl)).toEqual([
    'pkg:npm/shared@1.0.0',
    'pkg:npm/%40scope/logger@2.3.4',
    'pkg:npm/shared@2.0.0',
  ]);
});

test('a package tells its checksum and licence', () => {
  expect(npmComponents('service', lock)[1]).toMatchObject({
    name: '@scope/logger',
    version: '2.3.4',
    hashes: [{ alg: 'SHA-512', content: '000102' }],
    licenses: [{ expression: 'MIT OR Apache-2.0' }],
  });
});

test('a lockfile that lacks a package is an error, not a gap in the list', () => {
  const broken = { service: { dependencies: { lost: '1' } } };
  expect(() => npmComponents('service', broken)).toThrow('service: lost is not locked');
});

test('each service has its own list', () => {
  const names = (service: string) => npmComponents(service, lockfile()).map(({ name }) => name);
  expect(names('service-a')).toEqual(expect.arrayContaining(['@grpc/grpc-js', 'protobufjs']));
  expect(names('service-a')).not.toContain('@fastify/http-proxy');
  expect(names('service-b')).toContain('@fastify/http-proxy');
  expect(names('service-b')).not.toContain('vitest');
});
