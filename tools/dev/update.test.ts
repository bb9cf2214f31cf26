import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { root } from '../services.ts';

const author = ['-c', 'user.name=a', '-c', 'user.email=a@b.c'];
let work: string;
let template: string;
let clone: string;

const run = (folder: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
    env: {
      ...process.env,
      PATH: `${work}/bin:${process.env.PATH}`,
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@b.c',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@b.c',
    },
  });
const write = (folder: string, file: string, text: string): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
};
const read = (file: string): string => readFileSync(join(clone, file), 'utf8');
function commit(folder: string, ...tag: string[]): void {
  run(folder, 'git', 'add', '--all');
  run(folder, 'git', ...author, 'commit', '--quiet', '--message', 'a change');
  if (tag.length > 0) run(folder, 'git', 'tag', ...tag);
}
const manifest = (version: string): string =>
  JSON.stringify(
    {
      name: 'my-app',
      version,
      repository: 'github:my-org/my-app',
      config: { registry: 'ghcr.io/my-org/my-app' },
    },
    null,
    2,
  );

/** A template with two versions, and a clone of the first under other names, which has no history of it. */
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'update-'));
  onTestFinished(() => rmSync(work, { recursive: true }));
  [template, clone] = [join(work, 'template'), join(work, 'clone')];
  const npm = run(root, 'sh', '-c', 'command -v npm').trim();
  write(work, 'bin/npm', `#!/bin/sh\n[ "$1" != pkg ] || exec ${npm} "$@"\n`);
  run(work, 'chmod', '+x', 'bin/npm');

  for (const script of ['rename', 'update']) {
    cpSync(join(root, 'tools/dev', script), join(template, 'tools/dev', script));
  }
  write(template, 'package.json', manifest('1.0.0'));
  write(template, 'charts/my-app/values.yaml', 'app: my-app\none: 1\ntwo: 2\nthree: 3\nfour: 4\n');
  write(template, 'ring/old.md', 'of my-app\n');
  run(template, 'git', 'init', '--quiet');
  commit(template, 'v1.0.0');

  cpSync(template, clone, { recursive: true });
  rmSync(join(clone, '.git'), { recursive: true });
  run(clone, 'git', 'init', '--quiet');
  commit(clone);
  run(clone, 'tools/dev/rename', 'shop', 'Acme/Shop');
  run(clone, 'npm', 'pkg', 'set', `template.repository=${template}`);
  rmSync(join(clone, 'ring'), { recursive: true });
  write(clone, 'charts/shop/values.yaml', 'app: shop\none: 11\ntwo: 2\nthree: 3\nfour: 4\n');
  commit(clone);

  write(template, 'package.json', manifest('1.1.0'));
  write(template, 'ring/old.md', 'of my-app, edited\n');
  write(template, 'ring/new.md', 'of my-app\n');
  write(template, 'docs/my-app.md', 'of my-org\n');
});

test('edits are kept, deleted folders stay deleted, and new files have the names of the clone', () => {
  write(
    template,
    'charts/my-app/values.yaml',
    'app: my-app\none: 1\ntwo: 2\nthree: 3\nfour: my-app\n',
  );
  commit(template, 'v1.1.0');
  run(clone, 'tools/dev/update', 'v1.1.0');
  expect(read('charts/shop/values.yaml')).toBe(
    'app: shop\none: 11\ntwo: 2\nthree: 3\nfour: shop\n',
  );
  expect(existsSync(join(clone, 'ring'))).toBe(false);
  expect(read('docs/my-app.md')).toBe('of Acme\n');
  const { name, version, template: from } = JSON.parse(read('package.json'));
  expect([name, version, from]).toEqual([
    'shop',
    '1.1.0',
    { repository: template, version: '1.1.0' },
  ]);
  commit(clone);
  expect(() => run(clone, 'tools/dev/update', 'v1.1.0')).not.toThrow();
  expect(run(clone, 'git', 'status', '--porcelain')).toBe('');
});

test('a conflict is left to Git, and the next steps are printed', () => {
  write(
    template,
    'charts/my-app/values.yaml',
    'app: my-app\none: 111\ntwo: 2\nthree: 3\nfour: 4\n',
  );
  commit(template, 'v1.1.0');
  expect(() => run(clone, 'tools/dev/update', 'v1.1.0')).toThrow(
    'UU charts/shop/values.yaml\nupdate: resolve the conflicts',
  );
  expect(read('charts/shop/values.yaml')).toContain('<<<<<<<');
});
