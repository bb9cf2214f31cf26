import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCpuProfile } from 'node:v8';
import { nodeLimits } from './http-connections.ts';
import type { Logger } from './logging.ts';
import type { Server } from './server.ts';

/** Whoever reaches it has forwarded a port of the pod, which is a permission of its own: deploy/access. */
export const loopback = '127.0.0.1';

const longestProfile = 60; // seconds, which are about a megabyte
const levelLastsMs = 10 * 60_000;

type Answer = [status: number, body: string];

/**
 * Looks into a running process: `GET /cpu_profile?seconds=10` answers with a `.cpuprofile`, and `PUT /log_level/debug` sets that level
 * for ten minutes. Both are logged. Node's inspector would also offer heap snapshots, which hold secrets and double the memory.
 */
export function createDiagnosticsServer(logger: Logger): Server {
  const log = logger.child({}, { level: 'warn' }); // at any LOG_LEVEL
  const configured = logger.level;
  let profiling = false;
  let reset: NodeJS.Timeout | undefined;

  async function cpuProfile(query: string | undefined, response: ServerResponse): Promise<Answer> {
    const seconds = Number(new URLSearchParams(query).get('seconds') ?? 10);
    if (!(seconds > 0 && seconds <= longestProfile)) {
      return [400, `seconds must be a number up to ${longestProfile}`];
    }
    if (profiling) return [409, 'another profile is being taken'];
    profiling = true;
    log.warn({ seconds }, 'taking a CPU profile');
    try {
      const profile = startCpuProfile();
      const left = new Promise((resolve) => response.once('close', resolve));
      await Promise.race([left, sleep(seconds * 1000, undefined, { ref: false })]);
      return [200, profile.stop()];
    } finally {
      profiling = false;
    }
  }

  function logLevel(level: string | undefined): Answer {
    const levels = Object.keys(logger.levels.values);
    if (!level || !levels.includes(level)) return [400, `the levels are ${levels.join(', ')}`];
    clearTimeout(reset);
    reset = setTimeout(setLevel, levelLastsMs, configured).unref();
    setLevel(level);
    return [200, `${level}, and in ten minutes ${configured}`];
  }

  function setLevel(level: string): void {
    logger.level = level;
    log.warn({ log_level: level }, 'the log level changed');
  }

  function answer(request: IncomingMessage, response: ServerResponse): Answer | Promise<Answer> {
    const [path = '', query] = `${request.url}`.split('?');
    const [, route, level] = path.split('/');
    if (request.method === 'GET' && route === 'cpu_profile') return cpuProfile(query, response);
    if (request.method === 'PUT' && route === 'log_level') return logLevel(level);
    return [404, 'GET /cpu_profile?seconds=10, or PUT /log_level/debug'];
  }

  const server = createServer(nodeLimits, async (request, response) => {
    const [status, body] = await answer(request, response);
    response.writeHead(status, { 'cache-control': 'no-store' }).end(`${body}\n`);
  });
  return {
    async listen(host, port) {
      await once(server.listen(port, host), 'listening'); // rejects on 'error'
      return (server.address() as AddressInfo).port;
    },
    async close() {
      clearTimeout(reset);
      server.close();
      server.closeAllConnections();
    },
  };
}
