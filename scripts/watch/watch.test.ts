import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { atEnd } from '../../test/support/cleanup.ts';
import { freePorts } from '../../test/support/ports.ts';

const watch = join(import.meta.dirname, 'watch.ts');

let folder: string;
let port: number;
let output: string;

/** A service in the layout of this repository, that answers with a text and loses nothing when it ends. */
const source = (text: string): string => `
import { createServer } from 'node:http';
import { Server } from 'node:net';
const server = createServer((_request, response) => {
  response.setHeader('connection', 'close').end('${text}');
});
server.listen(Number(process.env.HTTP_PORT), '127.0.0.1');
// HTTP's own close cuts a connection whose request is still on its way.
process.on('SIGTERM', () => Server.prototype.close.call(server, () => process.exit()));
`;

/** As an editor does that puts a new file in the old one's place. */
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

test('an edit answers, and no connection is refused meanwhile', async () => {
  for (const text of ['two', 'three']) {
    await sleep(600); // The next process stands by with its packages loaded.
    await save(source(text));
    const answers = new Set<string>();
    // Whatever is refused throws.
    for (const end = Date.now() + 10_000; !answers.has(text) && Date.now() < end; ) {
      answers.add(await answer());
    }
    expect(answers).toContain(text);
    await eventually(text);
  }
});

test('an edit that does not start says so, and the next one is tried', async () => {
  await save('throw new Error("half an edit");');
  await vi.waitFor(() => expect(output).toContain('toy ended with 1: waiting for an edit'));
  expect(output).toContain('half an edit');
  // Not with the old code, as if all was well.
  await vi.waitFor(() => expect(answer()).rejects.toThrow(), { timeout: 5000 });
  await save(source('mended'));
  await eventually('mended');
});

test('a new file in a new folder is an edit', async () => {
  await mkdir(join(folder, 'service-kit/src/new'));
  await sleep(300);
  await writeFile(join(folder, 'service-kit/src/new/text.ts'), "export const text = 'imported';");
  const imported = source('one')
    .replace("'one'", 'text')
    .replace('\n', "\nimport { text } from '../../service-kit/src/new/text.ts';\n");
  await save(imported);
  await eventually('imported');
  await writeFile(join(folder, 'service-kit/src/new/text.ts'), "export const text = 'again';");
  await eventually('again');
});
