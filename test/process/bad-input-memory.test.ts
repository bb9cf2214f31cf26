import { Agent } from 'node:http';
import { send } from '@my-app/test-support/http';
import { freePorts } from '@my-app/test-support/ports';
import { spawnService } from '@my-app/test-support/processes';
import { sendRaw } from '@my-app/test-support/raw';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { addressOf, type Env } from '@my-app/test-support/services';
import { expect, test, vi } from 'vitest';

const perConnection = 25;
const mega = 1024 * 1024;

test('memory is flat over 50,000 bad requests', { timeout: 300_000 }, async () => {
  const a = await startMeasured('service-a', { GRPC_MAX_CONNECTION_AGE_MS: 3_600_000 });
  const b = await startMeasured('service-b', {
    ...addressOf(a),
    SERVICE_A_DEADLINE_MS: 60_000, // so that a busy machine causes no timeouts
    SERVICE_A_ATTEMPT_TIMEOUT_MS: 60_000,
  });

  const round = async (): Promise<void> => {
    await flood(Number(a.ports.http), 9000, [
      '/greeting?name=%00',
      `/greeting?name=${'x'.repeat(2000)}`,
      '/greeting?name=a&name=b',
      '/none',
      '/%zz',
    ]);
    await flood(Number(b.ports.http), 500, [
      '/ping_service_a?name=%00',
      '/service_a/greeting?name=%00',
      '/none',
    ]);
    await floodAlone(Number(a.ports.http), 125, ['hello\r\n\r\n', badJson('/greeting')]);
    await floodAlone(Number(b.ports.http), 125, ['hello\r\n\r\n', badJson('/service_a/greeting')]);
    await floodGrpc(a.grpc, 250);
  };

  for (let rounds = 0; rounds < 2; rounds++) await round(); // warms up caches and code
  const before = [await a.memory(), await b.memory()];
  for (let rounds = 0; rounds < 5; rounds++) await round();
  for (const [index, service] of [a, b].entries()) {
    const was = before[index] as NodeJS.MemoryUsage;
    await vi.waitFor(async () => {
      const is = await service.memory();
      expect(is.heapUsed - was.heapUsed).toBeLessThan(2 * mega);
      expect(is.external - was.external).toBeLessThan(2 * mega);
      // malloc keeps memory that a burst of calls needed, so it grows in steps up to a limit.
      expect(is.rss - was.rss).toBeLessThan(128 * mega);
    }, 5000); // the last connections may still be closing
  }
});

function badJson(path: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{`;
}

/** Sends requests for each path in turn, many per connection, and expects that every one is rejected. */
async function flood(port: number, total: number, paths: string[]): Promise<void> {
  await inParallel(total / perConnection, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let n = 0; n < perConnection; n++) {
      const path = paths[n % paths.length] as string;
      const { status } = await send(`http://127.0.0.1:${port}`, { path, agent });
      // 503 and 504 are acceptable if the machine is too busy for so many requests at a time.
      expect(`${status}`).toMatch(/^(4\d\d|503|504)$/);
    }
    agent.destroy();
  });
}

/** Sends requests that each end their connection. */
async function floodAlone(port: number, total: number, kinds: string[]): Promise<void> {
  await inParallel(total, async (n) => {
    expect(await sendRaw(port, `${kinds[n % kinds.length]}`)).toMatch(/^HTTP\/1\.1 (400|405|503) /);
  });
}

async function floodGrpc(address: string, total: number): Promise<void> {
  const session = rawGrpc(address);
  const bodies = [Buffer.of(0xff), Buffer.of(0x0a, 0), Buffer.alloc(70_000)].map((body) =>
    frame(body),
  );
  await inParallel(total, async (n) => {
    const { grpc } = await callRaw(session, bodies[n % bodies.length] as Buffer);
    expect(grpc).toBeGreaterThan(0);
  });
  session.close();
}

/** Runs `task` the given number of times, several at a time. */
async function inParallel(times: number, task: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) await task(next++);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

/** A service process that reports its memory use after garbage collection at a port of its own. */
async function startMeasured(name: 'service-a' | 'service-b', env: Env) {
  const [port] = await freePorts(1);
  // V8 frees unused code only after several collections.
  const tell = `import { createServer } from 'node:http';
createServer((_request, response) => {
  for (let times = 0; times < 12; times++) gc();
  response.end(JSON.stringify(process.memoryUsage()));
}).listen(${port}, '127.0.0.1').unref();`;
  // Otherwise V8's young generation takes 200 MB and hides growth.
  const options = `--expose-gc --max-semi-space-size=8 --import=data:text/javascript,${encodeURIComponent(tell)}`;
  const service = await spawnService(name, { ...env, NODE_OPTIONS: options });
  const memory = async (): Promise<NodeJS.MemoryUsage> =>
    (await send(`http://127.0.0.1:${port}`)).json;
  return { ...service, memory };
}
