import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../services.ts';

const names = `github:my-org/my-app my-app @my-org/platform MY_APP_PORT
ghcr.io/my-org/my-app/service-a ^ghcr[.]io/my-org/my-app/ localhost:5001/my-org/my-app/service-a oci://my-app-registry:5000/my-org/my-app/x
owner: my-org
repo: my-app
`;

test('links keep the spelling of GitHub, images are in lower case', () => {
  expect(
    renamed('my-shop', 'Acme-Inc/Shop'),
  ).toBe(`github:Acme-Inc/Shop my-shop @Acme-Inc/platform MY_SHOP_PORT
ghcr.io/acme-inc/shop/service-a ^ghcr[.]io/acme-inc/shop/ localhost:5001/acme-inc/shop/service-a oci://my-shop-registry:5000/acme-inc/shop/x
owner: Acme-Inc
repo: Shop
`);
});

test('another registry is one argument', () => {
  const text = renamed('shop', 'acme/shop', 'eu.example.com:443/team/shop');
  expect(text).toContain(
    'eu.example.com:443/team/shop/service-a ^eu[.]example[.]com:443/team/shop/',
  );
  expect(text).toContain('github:acme/shop');
});

test.each([
  [['Shop', 'acme/shop']],
  [['shop', 'acme']],
  [['shop', 'acme/shop', 'ghcr.io/Acme/shop']],
])('refuses %j', (args) => {
  expect(() => renamed(...args)).toThrow('usage: npm run rename');
});

/** Renames a repository with one file, and returns what the file says then. npm has nothing to do there. */
function renamed(...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rename-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'tools/dev'), { recursive: true });
  cpSync(join(root, 'tools/dev/rename'), join(folder, 'tools/dev/rename'));
  writeFileSync(join(folder, 'names'), names);
  writeFileSync(join(folder, 'npm'), '#!/bin/sh\n', { mode: 0o755 });
  const options = { cwd: folder, env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } };
  execFileSync('git', ['init', '--quiet'], options);
  execFileSync('git', ['add', '--all'], options);
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '-qm', 'a'],
    options,
  );
  execFileSync(join(folder, 'tools/dev/rename'), args, { ...options, stdio: 'pipe' });
  return readFileSync(join(folder, 'names'), 'utf8');
}
