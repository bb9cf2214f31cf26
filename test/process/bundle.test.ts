import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchHealth } from '@my-app/test-support/grpc';
import { spawnService } from '@my-app/test-support/processes';
import { addressOf, type Env, patientEnv } from '@my-app/test-support/services';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'my-app-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a service from its bundle, as its image does. */
function spawnBundle(name: 'service-a' | 'service-b', env: Env = {}, permissions: string[] = []) {
  const out = join(folder, name);
  if (!existsSync(out))
    execFileSync(process.execPath, ['tools/release/bundle.ts', name, out], { cwd: root });
  return spawnService(name, env, [...permissions, '--enable-source-maps', join(out, 'main.mjs')]);
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

test("the API page is read only from the bundle's folder", async () => {
  const a = await spawnBundle('service-a', {}, [
    '--permission',
    '--allow-net',
    `--allow-fs-read=${join(folder, 'service-a')}`,
  ]);
  const page = await (await fetch(`${a.http}/docs`)).text();
  const urls = [...page.matchAll(/(?:href|src)="(docs\/.*?)"/g)].map(([, url]) => url);
  expect(urls).toHaveLength(3);
  for (const url of urls) expect(await fetch(`${a.http}/${url}`)).toMatchObject({ status: 200 });
});

async function json(url: string, method = 'GET', body?: string): Promise<unknown> {
  const response = await fetch(url, { method, ...(body ? { body } : {}) });
  return response.json();
}
