import { certificateDirectory, createAuthority, issue } from '@my-app/test-support/certificates';
import { send } from '@my-app/test-support/http';
import { type Exit, runService, spawnService } from '@my-app/test-support/processes';
import { addressOf, type Env, patientEnv, startServiceA } from '@my-app/test-support/services';
import { describe, expect, test } from 'vitest';

function expectOneLine(exit: Exit, line: string | RegExp): void {
  expect(exit.stderr.trimEnd()).toMatch(line);
  expect(exit.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect([exit.code, exit.stdout]).toEqual([1, '']);
}

const portOf = (url: string): string => url.split(':').at(-1) ?? '';

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
    ['service-a', { HTTP_PORT: 'http' }, 'HTTP_PORT="http" is not allowed: it must be an integer'],
    [
      'service-b',
      { SERVICE_A_GRPC_ADDRESS: 'http://a:1' },
      'SERVICE_A_GRPC_ADDRESS="http://a:1" is not allowed: it must be host:port',
    ],
    [
      'service-b',
      { DRAIN_DELAY_MS: 5000, SHUTDOWN_TIMEOUT_MS: 5000 },
      'DRAIN_DELAY_MS=5000 leaves no time for requests in flight',
    ],
    [
      'service-b',
      { SERVICE_A_HTTP_URL: 'http://user:secret@a:8011' },
      'SERVICE_A_HTTP_URL="http://REDACTED@a:8011" is not allowed: it must be http://host:port',
    ],
    [
      'service-a',
      { GRPC_TLS_CA_FILE: import.meta.dirname },
      `GRPC_TLS_CA_FILE=${import.meta.dirname} cannot be read: it is a directory`,
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

test.for([
  ['HTTP_PORT', 'http'],
  ['GRPC_PORT', 'grpc'],
  ['ADMIN_PORT', 'admin'],
] as const)('a %s in use is reported in one line', async ([variable, api]) => {
  const port = portOf((await startServiceA())[api]);
  expectOneLine(
    await runService('service-a', { [variable]: port }),
    `service-a: port ${port} is in use: stop the process that uses it, or choose another with ${variable}`,
  );
});

test('a non-local listen address is reported in one line', async () => {
  const exit = await runService('service-b', { HOST: '192.0.2.1' });
  expectOneLine(exit, /^service-b: cannot listen on 192\.0\.2\.1:\d+ \(HOST, ADMIN_PORT\): /);
});

describe('invalid certificates are reported in one line', async () => {
  const authority = await createAuthority();
  const good = { ...(await issue(authority)), ca: authority.cert };

  test('one of the three settings is missing', async () => {
    const { env } = await certificateDirectory(good);
    const { GRPC_TLS_CA_FILE: _left, ...two } = env;
    expectOneLine(
      await runService('service-a', two),
      'service-a: GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE and GRPC_TLS_CA_FILE go together: set all three or none',
    );
  });

  test('a file does not exist', async () => {
    const { env } = await certificateDirectory(good);
    expectOneLine(
      await runService('service-b', { ...env, GRPC_TLS_KEY_FILE: '/nowhere/key.pem' }),
      'service-b: GRPC_TLS_KEY_FILE=/nowhere/key.pem cannot be read: ENOENT',
    );
  });
});

test('a service serves requests as soon as it is ready', async () => {
  const b = await spawnService('service-b', { ...addressOf(await startServiceA()), ...patientEnv });
  for (let i = 0; i < 10; i++) expect((await send(`${b.http}/ping_service_a`)).status).toBe(200);
});
