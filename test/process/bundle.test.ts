import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { certificateDirectory, createAuthority, issue } from '@my-app/test-support/certificates';
import { watchHealth } from '@my-app/test-support/grpc';
import { startOtlpReceiver } from '@my-app/test-support/otlp-receiver';
import { spawnService } from '@my-app/test-support/processes';
import { addressOf, type Env, patientEnv } from '@my-app/test-support/services';
import { afterAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'my-app-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Starts a service from its bundle, as its image does. */
function spawnBundle(name: 'service-a' | 'service-b', env: Env = {}, flags: string[] = []) {
  const out = join(folder, name);
  if (!existsSync(out))
    execFileSync(process.execPath, ['tools/release/bundle.ts', name, out], { cwd: root });
  return spawnService(name, env, [...flags, '--enable-source-maps', join(out, 'main.mjs')]);
}

test('the bundles work like the services', async () => {
  const a = await spawnBundle('service-a');
  const b = await spawnBundle('service-b', { ...addressOf(a), ...patientEnv });

  expect(await json(`${b.http}/ping_service_a?name=Ada`)).toMatchObject({
    service_a: { message: 'Hello Ada, from Service A!' },
  });
  expect(await json(`${b.http}/service_a/greeting?name=Ada`)).toEqual({
    message: 'Hello Ada, from Service A!',
  });
  expect(await json(`${b.http}/service_a/greeting?name=`)).toMatchObject({ status: 400 });
  expect(await json(`${b.http}/service_a/none`, 'POST', 'a body')).toMatchObject({ status: 404 });
  expect(await json(`${b.http}/openapi.json`)).toMatchObject({ openapi: expect.any(String) });
  const metrics = await (await fetch(`${b.admin}/metrics`)).text();
  expect(metrics).toContain('rpc_client_call_duration_seconds_count');

  const health = watchHealth(a.grpc);
  expect(await new Promise((resolve) => health.once('data', resolve))).toEqual({
    status: 'SERVING',
  });
});

test('an error in a bundle has the line number of the source', async () => {
  const a = await spawnBundle('service-a', { FAULT_ERROR_RATE: 1 });
  await fetch(`${a.http}/greeting`);
  const { err } = await a.logged(({ msg }) => msg === 'request failed');
  expect(err).toMatchObject({ stack: expect.stringMatching(/service-a\/src\/faults\.ts:\d+/) });
});

/** The flags of Node.js in the image, for a bundle that is elsewhere. */
function permissions(name: 'service-a' | 'service-b'): string[] {
  const [, entrypoint = ''] = /^ENTRYPOINT (\["\/nodejs.*)$/m.exec(read('Dockerfile')) ?? [];
  const flags = (JSON.parse(entrypoint) as string[]).filter((flag) =>
    /permission|allow/.test(flag),
  );
  return flags.map((flag) => flag.replace('=/app', `=${join(folder, name)}`));
}

describe('under the permissions of the image', async () => {
  const authority = await createAuthority();
  const own = await issue(authority);
  const collector = { ...own, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const files = (at: string): Env => ({
    OTEL_EXPORTER_OTLP_CERTIFICATE: join(at, 'ca.pem'),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: join(at, 'cert.pem'),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: join(at, 'key.pem'),
  });
  const below = join(folder, 'service-a/otlp');
  const directory = async (): Promise<string> => {
    const { env } = await certificateDirectory({ ...own, ca: authority.cert });
    return dirname(`${env.GRPC_TLS_CA_FILE}`);
  };

  test('a file that Node.js may not read is refused at startup', async () => {
    const at = await directory();
    const bundle = join(folder, 'service-a');
    await expect(spawnBundle('service-a', files(at), permissions('service-a'))).rejects.toThrow(
      `service-a: OTEL_EXPORTER_OTLP_CERTIFICATE=${at}/ca.pem cannot be read: Node.js may read only below ${bundle}, /etc/grpc-tls, /proc/self: mount it there, or add --allow-fs-read=${at} to NODE_OPTIONS`,
    );
  });

  test.each([
    ['below its folder', (at: string) => ({ to: below, options: '', at })],
    [
      'that NODE_OPTIONS allows',
      (at: string) => ({ to: at, options: `--allow-fs-read=${at}`, at }),
    ],
  ])('traces reach a collector with mutual TLS by files %s', async (_, choose) => {
    const { at, to, options } = choose(await directory());
    if (to !== at) cpSync(at, to, { recursive: true });
    const { endpoint, received } = await startOtlpReceiver(collector);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: 1 };
    const a = await spawnBundle(
      'service-a',
      { ...env, ...files(to), NODE_OPTIONS: options },
      permissions('service-a'),
    );
    await fetch(`${a.http}/greeting`);
    expect((await received(1))[0]).toMatchObject({ name: 'GET /greeting' });
  });
});

test('further authorities of Node.js need no permission', async () => {
  const { cert, key } = await createAuthority();
  const { env } = await certificateDirectory({ cert, key, ca: cert });
  const extra = { NODE_EXTRA_CA_CERTS: `${env.GRPC_TLS_CA_FILE}` };
  await spawnBundle('service-a', extra, permissions('service-a'));
});

test("the API page is read only from the bundle's folder", async () => {
  const a = await spawnBundle('service-a', {}, permissions('service-a'));
  const page = await (await fetch(`${a.http}/docs`)).text();
  const urls = [...page.matchAll(/(?:href|src)="(docs\/.*?)"/g)].map(([, url]) => url);
  expect(urls).toHaveLength(3);
  for (const url of urls) expect(await fetch(`${a.http}/${url}`)).toMatchObject({ status: 200 });
});

async function json(url: string, method = 'GET', body?: string): Promise<unknown> {
  const response = await fetch(url, { method, ...(body ? { body } : {}) });
  return response.json();
}
