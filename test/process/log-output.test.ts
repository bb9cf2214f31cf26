import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import { atEnd } from '@my-app/test-support/cleanup';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { freePorts } from '@my-app/test-support/ports';
import { expect, test, vi } from 'vitest';

/** Service A with a blocked standard output, so that its ports cannot be read from its log. */
async function startInto(stdout: number | 'pipe') {
  const [http, grpc, admin] = await freePorts(3);
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../service-a/src/main.ts', import.meta.url))],
    {
      env: {
        HOST: '127.0.0.1',
        HTTP_PORT: `${http}`,
        GRPC_PORT: `${grpc}`,
        ADMIN_PORT: `${admin}`,
        LOG_FORMAT: 'json',
      },
      stdio: ['ignore', stdout, 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  atEnd(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${admin}`;
  await vi.waitFor(async () => expect((await send(`${url}/readyz`)).status).toBe(200), 20_000);
  return { http: http as number, admin: url, child, exited };
}

test.each(['a full disk', 'a pipe that nobody reads', 'a pipe whose reader has gone'])(
  'with %s as standard output, only log lines are lost',
  async (output) => {
    const full = output === 'a full disk' ? openSync('/dev/full', 'w') : undefined;
    const a = await startInto(full ?? 'pipe');
    if (full !== undefined) closeSync(full);
    if (output.endsWith('gone')) a.child.stdout?.destroy();
    const dropped = () => metric(a.admin, 'log_lines_dropped_total');
    const url = `http://127.0.0.1:${a.http}/greeting`;
    const agent = new Agent({ keepAlive: true });
    atEnd(() => agent.destroy());
    await vi.waitUntil(
      async () => {
        const answers = await Promise.all(Array.from({ length: 25 }, () => send(url, { agent })));
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(25);
        expect((await send(`${a.admin}/livez`)).status).toBe(200);
        return (await dropped()) > 0;
      },
      { timeout: 50_000, interval: 0 },
    );
    a.child.kill('SIGTERM');
    expect(await a.exited).toEqual([0, null]);
  },
);
