import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { percentile } from './statistics.ts';

/** For the figures' caption. */
export const openLoopTool = 'bench/lib/open-loop.ts, on one core; the servers share another';

export interface OpenLoopOptions {
  host?: string;
  port: number;
  /** Asked for in turn. */
  paths: string[];
  perSecond: number;
  seconds: number;
  /** Opened before; a request that finds none free is not sent, as by a load balancer with a full pool. */
  connections?: number;
  /** After this time a request counts as unanswered. */
  timeoutMs?: number;
}

export interface OpenLoopResult {
  /** What was asked for, and what could be sent. */
  offeredPerSecond: number;
  sentPerSecond: number;
  answers: Record<number, { perSecond: number; p50Ms: number; p99Ms: number; retryAfter: boolean }>;
  unanswered: number;
}

/**
 * Sends requests at a fixed rate, whether or not earlier ones were answered, as a crowd of callers
 * does; a request that finds no free connection opens one. Times count from when a request was due.
 * HTTP is written by hand so that this process can send more than the servers can answer.
 */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { perSecond, seconds, timeoutMs = 5000 } = options;
  const clients = new Clients(options, timeoutMs);
  await clients.openAll();
  const total = Math.round(perSecond * seconds);
  const started = performance.now();
  for (let sent = 0; sent < total; await turn()) {
    const now = performance.now();
    const due = Math.min(total, Math.floor(((now - started) / 1000) * perSecond) + 1);
    for (; sent < due; sent++) clients.send(started + (sent / perSecond) * 1000);
    clients.dropLate(now);
  }
  const elapsed = (performance.now() - started) / 1000;
  await clients.finish();
  const answers = [...clients.answers].map(([status, { latencies, retryAfter }]) => [
    status,
    {
      perSecond: latencies.length / elapsed,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      retryAfter,
    },
  ]);
  return {
    offeredPerSecond: perSecond,
    sentPerSecond: (total - clients.unsent) / elapsed,
    answers: Object.fromEntries(answers),
    unanswered: clients.unanswered,
  };
}

class Clients {
  readonly answers = new Map<number, { latencies: number[]; retryAfter: boolean }>();
  unanswered = 0;
  unsent = 0;
  readonly #server: { host: string; port: number };
  readonly #timeoutMs: number;
  readonly #connections: number;
  readonly #requests: string[];
  #sent = 0;
  readonly #idle: Socket[] = [];
  /** In the order in which they were due. */
  readonly #busy = new Map<Socket, number>();

  constructor(
    { host = '127.0.0.1', port, paths, connections = Number.POSITIVE_INFINITY }: OpenLoopOptions,
    timeoutMs: number,
  ) {
    this.#server = { host, port };
    this.#timeoutMs = timeoutMs;
    this.#connections = connections;
    this.#requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  /** A few at a time, as the kernel turns some away where too many come at once. */
  async openAll(): Promise<void> {
    while (Number.isFinite(this.#connections) && this.#idle.length < this.#connections) {
      const sockets = Array.from({ length: 50 }, () => this.#open());
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      this.#idle.push(...sockets);
    }
  }

  send(due: number): void {
    if (this.#idle.length === 0 && this.#busy.size >= this.#connections) {
      this.unsent++;
      return;
    }
    const socket = this.#idle.pop() ?? this.#open();
    this.#busy.set(socket, due);
    socket.write(this.#requests[this.#sent++ % this.#requests.length] ?? '', 'latin1');
  }

  dropLate(now: number): void {
    for (const [socket, due] of this.#busy) {
      if (now - due < this.#timeoutMs) break;
      socket.destroy();
    }
  }

  async finish(): Promise<void> {
    for (; this.#busy.size > 0; await turn()) this.dropLate(performance.now());
    for (const socket of this.#idle) socket.destroy();
  }

  #open(): Socket {
    const socket = connect({ ...this.#server, noDelay: true });
    socket.setEncoding('latin1');
    let text = '';
    socket.on('data', (part: string) => {
      text += part;
      const answer = parse(text);
      if (!answer) return;
      text = '';
      this.#answered(socket, answer);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#busy.delete(socket)) this.unanswered++;
      const at = this.#idle.indexOf(socket);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return socket;
  }

  #answered(socket: Socket, { status, retryAfter, last }: Answer): void {
    const due = this.#busy.get(socket) ?? 0;
    this.#busy.delete(socket);
    const answers = this.answers.get(status) ?? { latencies: [], retryAfter: true };
    answers.latencies.push(performance.now() - due);
    answers.retryAfter &&= retryAfter;
    this.answers.set(status, answers);
    if (last) socket.end();
    else this.#idle.push(socket);
  }
}

interface Answer {
  status: number;
  retryAfter: boolean;
  /** The connection is closed after it. */
  last: boolean;
}

/** An answer that is complete, by its Content-Length. */
function parse(text: string): Answer | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const headers = text.slice(0, head).toLowerCase();
  const at = headers.indexOf('\ncontent-length:');
  if (text.length < head + 4 + Number.parseInt(headers.slice(at + 16), 10)) return undefined;
  return {
    status: Number(headers.slice(9, 12)),
    retryAfter: headers.includes('\nretry-after:'),
    last: headers.includes('\nconnection: close'),
  };
}
