import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '@my-app/test-support/cleanup';
import { freePorts } from '@my-app/test-support/ports';
import { beforeEach, expect, test, vi } from 'vitest';

const watch = join(import.meta.dirname, 'watch.ts');

let folder: string;
let port: number;
let output: string;

/** A service in the layout of this repository that responds with a text and shuts down gracefully. */
const source = (text: string): string => `
import { createServer } from 'node:http';
import { Server } from 'node:net';
const server = createServer((_request, response) => {
  response.setHeader('connection', 'close').end('${text}');
});
server.listen(Number(process.env.HTTP_PORT), '127.0.0.1');
// The close of http.Server would cut a connection whose request has not arrived yet.
process.on('SIGTERM', () => Server.prototype.close.call(server, () => process.exit()));
`;

/** Saves as some editors do: by replacing the file with a new one. */
async function save(text: string): Promise<void> {
  const file = join(folder, 'toy/src/main.ts');
  await writeFile(`${file}~`, text);
  await rename(`${file}~`, file);
}

async function answer(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}`)).text();
}

const eventually = (text: string): Promise<void> =>
  vi.waitFor(async () => expect(await answer()).toBe(text), { timeout: 10_000, interval: 10 });

async function startWatch(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [watch, 'toy'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HTTP_PORT: `${port}` },
  });
  const keep = (text: Buffer): void => {
    output += text;
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  atEnd(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  return child;
}

beforeEach(async () => {
  output = '';
  [port = 0] = await freePorts(1);
  folder = await mkdtemp(join(tmpdir(), 'watch-'));
  atEnd(() => rm(folder, { recursive: true }));
  for (const path of ['toy/src', 'service-kit/src', 'proto']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await save(source('one'));
  await startWatch();
  await eventually('one');
});

test('an edit takes effect, and no connection is refused meanwhile', async () => {
  for (const text of ['two', 'three']) {
    await sleep(600); // The standby process has loaded its packages.
    await save(source(text));
    const answers = new Set<string>();
    // A refused connection throws.
    for (const end = Date.now() + 10_000; !answers.has(text) && Date.now() < end; ) {
      answers.add(await answer());
    }
    expect(answers).toContain(text);
    await eventually(text);
  }
});

test('reports an edit that fails to start, and tries the next one', async () => {
  await save('throw new Error("half an edit");');
  await vi.waitFor(() => expect(output).toContain('toy exited with 1: waiting for an edit'));
  expect(output).toContain('half an edit');
  // The old code must not keep responding as if nothing had happened.
  await vi.waitFor(() => expect(answer()).rejects.toThrow(), { timeout: 5000 });
  await save(source('fixed'));
  await eventually('fixed');
});

test('notices a new file in a new folder', async () => {
  await mkdir(join(folder, 'service-kit/src/new'));
  await sleep(300);
  await writeFile(join(folder, 'service-kit/src/new/text.ts'), "export const text = 'imported';");
  const imported = source('one')
    .replace("'one'", 'text')
    .replace('\n', "\nimport { text } from '../../../service-kit/src/new/text.ts';\n");
  await save(imported);
  await eventually('imported');
  await writeFile(join(folder, 'service-kit/src/new/text.ts'), "export const text = 'again';");
  await eventually('again');
});
