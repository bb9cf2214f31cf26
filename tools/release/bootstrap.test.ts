import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../services.ts';

const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [owner, name] = repository.replace('github:', '').split('/');
const here = `/repos/${owner}/${name}`;

test('creates everything once, and changes nothing the second time', async () => {
  const api = await standIn('Organization');
  await bootstrap(api, '--bot', '42');
  const first = new Map(api.stored);
  expect([...first.keys()]).toEqual(
    expect.arrayContaining([
      `${here}/labels/preview`,
      `${here}/environments/registry`,
      `${here}/environments/registry/deployment-branch-policies/v*`,
      `${here}/environments/staging/deployment-branch-policies/main`,
      `${here}/actions/variables/BOT_APP_ID`,
      `/orgs/${owner}/teams/maintainers/repos/${owner}/${name}`,
      `${here}/rulesets/main`,
      `${here}/immutable-releases`,
    ]),
  );
  expect(first.get(`${here}/rulesets/main`)).toMatchObject({
    bypass_actors: [{ actor_id: 42 }],
    rules: expect.arrayContaining([
      expect.objectContaining({
        type: 'pull_request',
        parameters: expect.objectContaining({ require_code_owner_review: true }),
      }),
    ]),
  });
  // The bot stays, though this run does not name it.
  await bootstrap(api);
  expect(api.stored).toEqual(first);
});

test('a dry run prints every call and writes nothing', async () => {
  const api = await standIn('Organization');
  const printed = await bootstrap(api, '--dry-run');
  expect(api.stored.size).toBe(0);
  expect(printed).toContain(`POST ${here}/labels {"name":"preview"`);
  expect(printed).toContain(`PUT ${here}/immutable-releases`);
});

test('a personal account owns everything, and needs no second reviewer', async () => {
  const api = await standIn('User');
  await bootstrap(api);
  expect(readFileSync(join(api.copy, '.github/CODEOWNERS'), 'utf8')).toMatch(
    new RegExp(`^/deploy/ +@${owner}$`, 'm'),
  );
  expect(JSON.stringify(api.stored.get(`${here}/rulesets/main`))).toContain(
    '"required_approving_review_count":0',
  );
});

test('continues if the plan lacks a feature, and fails at the end', async () => {
  const api = await standIn('User', `${here}/rulesets`);
  await expect(bootstrap(api)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused: 403'),
  });
  expect(api.stored.has(`${here}/immutable-releases`)).toBe(true);
});

interface StandIn {
  readonly url: string;
  readonly copy: string;
  readonly stored: Map<string, object>;
}

/** An API that keeps what is written below the path of its collection and its name, and refuses to write to one path. */
async function standIn(type: string, refused = ''): Promise<StandIn> {
  const stored = new Map<string, object>();
  const list = (path: string) =>
    [...stored].filter(([key]) => key.startsWith(`${path}/`)).map(([, value]) => value);
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const chunks = await Array.fromAsync(request);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const reply = (status: number, answer: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer));
    if (request.method === 'GET') {
      if (path === `/users/${owner}`) reply(200, { type });
      else if (path.endsWith('/rulesets')) reply(200, list(path));
      else if (path.endsWith('/deployment-branch-policies'))
        reply(200, { branch_policies: list(path) });
      else reply(stored.has(path) ? 200 : 404, stored.get(path) ?? {});
    } else if (refused && path.startsWith(refused)) {
      reply(403, { message: 'Upgrade' });
    } else {
      const key = request.method === 'POST' ? `${path}/${body.name}` : path;
      const id = path.includes('/rulesets') ? { id: body.name } : {};
      stored.set(key, { ...stored.get(key), ...body, ...id });
      reply(200, {});
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const copy = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  onTestFinished(() => {
    server.close();
    rmSync(copy, { recursive: true });
  });
  for (const path of ['package.json', '.github', 'tools/services.ts', 'tools/release']) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, copy, stored };
}

async function bootstrap(api: StandIn, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(api.copy, 'tools/release/bootstrap.ts'), ...args],
    { env: { ...process.env, GITHUB_API_URL: api.url, GH_TOKEN: 'token' } },
  );
  return stdout;
}
