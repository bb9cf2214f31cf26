import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '@my-app/test-support/cleanup';
import { freePorts } from '@my-app/test-support/ports';
import { beforeEach, describe, expect, test, vi } from 'vitest';

const watch = join(import.meta.dirname, 'watch.ts');

let folder: string;
let port: number;
let inspect: number;
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

const patience = { timeout: 20_000, interval: 10 };
const eventually = (text: string): Promise<void> =>
  vi.waitFor(async () => expect(await answer()).toBe(text), patience);

/** The source of the service, as a debugger that attaches to it sees it. */
async function sourceOf(debuggerUrl: string): Promise<string> {
  const socket = new WebSocket(debuggerUrl);
  try {
    await once(socket, 'open');
    socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }));
    for await (const [{ data }] of on(socket, 'message')) {
      const { id, method, params, result } = JSON.parse(data);
      if (method === 'Debugger.scriptParsed' && params.url.endsWith('toy/src/main.ts')) {
        const { scriptId } = params;
        socket.send(
          JSON.stringify({ id: 2, method: 'Debugger.getScriptSource', params: { scriptId } }),
        );
      }
      if (id === 2) return result.scriptSource;
    }
    return '';
  } finally {
    socket.close();
  }
}

async function startWatch(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [watch, 'toy'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HTTP_PORT: `${port}`, INSPECT_PORT: `${inspect}` },
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
  [port = 0, inspect = 0] = await freePorts(2);
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
    for (const end = Date.now() + 20_000; !answers.has(text) && Date.now() < end; ) {
      answers.add(await answer());
    }
    expect(answers).toContain(text);
    await eventually(text);
  }
});

describe('an edit that does not start leaves the last good version serving, and its undo works', () => {
  test.each([
    ['does not parse', 'functionn broken() {}', 'SyntaxError'],
    ['throws at startup', 'throw new Error("half an edit");', 'half an edit'],
  ])('%s', async (_fault, text, error) => {
    await save(text);
    await vi.waitFor(
      () => expect(output).toContain('toy exited with 1: the last good version keeps serving'),
      patience,
    );
    expect(output).toContain(error);
    expect(await answer()).toBe('one');
    await save(source('fixed'));
    await eventually('fixed');
  });

  test('hangs at startup, with another edit before anything times out', async () => {
    await save('setInterval(() => {}, 1000);\nconsole.log("hangs");');
    await vi.waitFor(() => expect(output).toContain('hangs'), patience);
    expect(await answer()).toBe('one');
    await save(source('fixed'));
    await eventually('fixed');
    expect(output).not.toContain('does not listen');
  });
});

test('reports a version that exits later, and waits for an edit', async () => {
  await save(`${source('two')}\nsetTimeout(() => process.exit(3), 500);`);
  await vi.waitFor(
    () => expect(output).toContain('toy exited with 3: waiting for an edit'),
    patience,
  );
  await save(source('fixed'));
  await eventually('fixed');
});

test('the inspector of the version that serves keeps its port through edits', async () => {
  const url = `http://127.0.0.1:${inspect}/json/list`;
  for (const text of ['two', 'three']) {
    await save(source(text));
    await eventually(text);
    const evaluate = async (): Promise<unknown> => {
      const [target] = (await (await fetch(url)).json()) as [{ webSocketDebuggerUrl: string }];
      return sourceOf(target.webSocketDebuggerUrl);
    };
    await vi.waitFor(async () => expect(await evaluate()).toContain(`'${text}'`), patience);
  }
});

test('notices a new file in a new folder', async () => {
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
