import { generateKeyPairSync, sign } from 'node:crypto';
import { run } from '@my-app/test-support/cluster/command';
import { nodeImage, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { onePod, settled } from '@my-app/test-support/cluster/pods';
import { portForward } from '@my-app/test-support/cluster/port-forward';
import { deploy } from '@my-app/test-support/cluster/release';
import { send } from '@my-app/test-support/http';
import { beforeAll, expect, it } from 'vitest';

/** What docs/tokens.md and docs/postgresql.md add, with their values for the chart as they are. */
const values = ['tokens', 'postgresql'].flatMap((page) => [
  '--values',
  `charts/my-app/ci/${page}-values.yaml`,
]);

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'e2e', alg: 'ES256' }];
const serve =
  "require('node:http').createServer((_, response) => response.end(process.argv[1])).listen(8080)";
const password = 'a/secret?';

/** A pod and its service, in a namespace that the values name. */
async function start(
  namespace: string,
  name: string,
  port: number,
  image: string,
  ...args: string[]
) {
  const options = [`--namespace=${namespace}`, `--image=${image}`, `--port=${port}`, '--expose'];
  await run('kubectl', ['run', name, ...options, ...args]);
  const ready = ['--for=condition=Ready', '--timeout=90s'];
  await run('kubectl', ['wait', `pod/${name}`, `--namespace=${namespace}`, ...ready]);
}

const inDatabase = (command: string) =>
  run('kubectl', ['--namespace=databases', 'exec', 'postgres', '--', 'bash', '-c', command]);

/** A token of that issuer. */
function token(scope: string, key = privateKey) {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = { iss: 'https://login.example.com', aud: 'my-app', sub: 'ada', scope };
  const exp = Math.floor(Date.now() / 1000) + 600;
  const text = `${encode({ alg: 'ES256', kid: 'e2e' })}.${encode({ ...claims, exp })}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `Bearer ${text}.${signature.toString('base64url')}`;
}

beforeAll(async () => {
  const command = ['/nodejs/bin/node', '--eval', serve, JSON.stringify({ keys })];
  await start('login', 'keys', 8080, nodeImage(), '--command', '--', ...command);
  await start('databases', 'postgres', 5432, 'recipe-postgres:1', `--env=PASSWORD=${password}`);
  await inDatabase('until pg_isready --host=localhost; do sleep 0.2; done');
  // In place of External Secrets.
  const literal = `--from-literal=DATABASE_PASSWORD=${password}`;
  await kubectl('create', 'secret', 'generic', 'service-a-database', literal);
  await deploy(release, ...values, '--set', 'externalSecrets=null');
});

it('an endpoint requires a token that both services verify with keys of the issuer', async () => {
  const address = await portForward(`service/${release}-service-b`, 8012);
  const get = (authorization = '') =>
    send(`http://${address}/account`, { headers: { authorization } });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  expect((await get(token('account'))).json).toEqual({ subject: 'ada' });
  const rejected = [
    ['', 401, 'Bearer realm="my-app"'],
    [token('account', stranger), 401, 'error="invalid_token"'],
    [token('email'), 403, 'error="insufficient_scope"'],
  ] as const;
  for (const [authorization, status, challenge] of rejected) {
    const { json, headers } = await get(authorization);
    expect(json).toMatchObject({ type: 'about:blank', status });
    expect(headers['www-authenticate']).toContain(challenge);
  }
});

it('the hook migrates the database, only Service A reaches it, and its outage makes no pod unready', async () => {
  const address = await portForward(`service/${release}-service-a`, 8011);
  const visit = () =>
    send(`http://${address}/visits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Ada"}',
    });
  expect((await visit()).json).toEqual({ visits: 1 });
  const b = await onePod('service-b');
  const connect = `import { connect } from 'node:net';
    const end = (result) => { console.log(JSON.stringify(result)); process.exit(); };
    connect(5432, 'postgres.databases').on('connect', () => end('open'))
      .on('error', () => end('denied')).setTimeout(3000, () => end('denied'));`;
  expect(await node(b.metadata.name, connect)).toBe('denied');

  const conditions = async () =>
    (await settled('service-a')).map(({ status }) => status.conditions);
  const before = await conditions();
  await inDatabase('touch /tmp/down; kill -QUIT $(head -1 $PGDATA/postmaster.pid)');
  await eventually(async () => expect((await visit()).status).toBe(503), { withinMs: 5000 });
  // Longer than the readiness probe takes to notice anything.
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    expect(await visit()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  }
  expect(await conditions()).toEqual(before);
  await inDatabase('rm /tmp/down');
  await eventually(async () => expect((await visit()).json).toEqual({ visits: 2 }), {
    withinMs: 30_000,
  });
});
