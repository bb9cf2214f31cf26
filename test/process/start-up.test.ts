import { send } from '@my-app/test-support/http';
import { type Exit, runService, spawnService } from '@my-app/test-support/processes';
import { addressOf, type Env, patientEnv, startServiceA } from '@my-app/test-support/services';
import { describe, expect, test } from 'vitest';

function expectOneLine(exit: Exit, line: string | RegExp): void {
  expect(exit.stderr.trimEnd()).toMatch(line);
  expect(exit.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect([exit.code, exit.stdout]).toEqual([1, '']);
}

test.for([
  ['service-a', ['HTTP_PORT', 'GRPC_PORT', 'ADMIN_PORT', 'FAULT_DELAY_MS', 'LOG_LEVEL']],
  ['service-b', ['HTTP_PORT', 'ADMIN_PORT', 'SERVICE_A_GRPC_ADDRESS', 'GRPC_TLS_CA_FILE']],
] as const)('%s --help prints the settings and starts nothing', async ([name, variables]) => {
  const { code, stdout, stderr } = await runService(name, {}, ['--help']);
  expect([code, stderr]).toEqual([0, '']);
  for (const variable of variables) expect(stdout).toMatch(new RegExp(`^${variable} .+`, 'm'));
});

describe('an invalid setting is reported in one line', () => {
  test.for([
    [
      'service-b',
      { SERVICE_A_GRPC_ADDRESS: 'http://a:1' },
      'SERVICE_A_GRPC_ADDRESS="http://a:1" is not allowed: it must be host:port',
    ],
    [
      'service-b',
      { SERVICE_A_HTTP_URL: 'http://user:secret@a:8011' },
      'SERVICE_A_HTTP_URL="http://REDACTED@a:8011" is not allowed: it must be http://host:port',
    ],
    [
      'service-a',
      { OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.crt' },
      'OTEL_EXPORTER_OTLP_CERTIFICATE=/nowhere/ca.crt cannot be read: ENOENT',
    ],
  ] as ['service-a' | 'service-b', Env, string][])('%s %j', async ([name, env, line]) => {
    expectOneLine(await runService(name, env), `${name}: ${line}`);
  });
});

test('a file of further authorities that Node.js cannot use is reported', async () => {
  const env = { NODE_EXTRA_CA_CERTS: '/nowhere/ca.crt' };
  const { code, stderr } = await runService('service-a', env);
  expect(code).toBe(1);
  expect(stderr).toContain(
    'service-a: NODE_EXTRA_CA_CERTS=/nowhere/ca.crt is no file with certificates (PEM)',
  );
});

test('a port in use is reported in one line', async () => {
  const port = (await startServiceA()).admin.split(':').at(-1) ?? '';
  expectOneLine(
    await runService('service-a', { ADMIN_PORT: port }),
    `service-a: port ${port} is in use: stop the process that uses it, or choose another with ADMIN_PORT`,
  );
});

test('a non-local listen address is reported in one line', async () => {
  const exit = await runService('service-b', { HOST: '192.0.2.1' });
  expectOneLine(exit, /^service-b: cannot listen on 192\.0\.2\.1:\d+ \(HOST, ADMIN_PORT\): /);
});

test.for(['service-a', 'service-b'] as const)(
  '%s with one of the files for mutual TLS is reported in one line',
  async (name) => {
    expectOneLine(
      await runService(name, { GRPC_TLS_CA_FILE: import.meta.filename }),
      `${name}: GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE and GRPC_TLS_CA_FILE go together: set all three or none`,
    );
  },
);

test('a service serves requests as soon as it is ready', async () => {
  const b = await spawnService('service-b', { ...addressOf(await startServiceA()), ...patientEnv });
  for (let i = 0; i < 10; i++) expect((await send(`${b.http}/ping_service_a`)).status).toBe(200);
});
