import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ports } from './pods.ts';

/** Attacks until `until`, a Unix time in ms. */
export type Attack = (ports: Ports, until: number) => Promise<unknown>;

export interface Raw {
  port: keyof Ports;
  connections: number;
  /** Sent at once, then `more` again and again, with a pause in ms between. */
  first: string | Buffer;
  more?: string | Buffer;
  pause?: number;
  reads?: boolean;
}

/** Opens connections, and a new one for each that is closed. */
export const raw = ({ port, connections, first, more, pause = 0, reads = false }: Raw): Attack => {
  return async (ports, until) => {
    const once = (): Promise<void> =>
      new Promise((resolve) => {
        const socket: Socket = connect(ports[port], '127.0.0.1', async () => {
          socket.write(first);
          while (more && !socket.destroyed && Date.now() < until) {
            if (!socket.write(more)) await new Promise((drained) => setTimeout(drained, 50));
            await sleep(pause);
          }
        });
        const end = setTimeout(() => socket.destroy(), until - Date.now());
        socket
          .on('error', () => {})
          .once('close', () => {
            clearTimeout(end);
            resolve();
          });
        if (reads) socket.resume();
        else socket.pause();
      });
    const keepOpen = async (): Promise<void> => {
      while (Date.now() < until) {
        await once();
        await sleep(250);
      }
    };
    await Promise.all(Array.from({ length: connections }, keepOpen));
  };
};

export interface Streams {
  path: string;
  body: Buffer;
  sessions: number;
  streams: number;
  window?: number;
  /** Whether the requests are complete. */
  ends?: boolean;
}

/** Opens streams that are not read, and not finished unless told so, again and again. */
export const streams = (options: Streams): Attack => {
  const { path, body, sessions, streams: count, window = 0, ends = false } = options;
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
  return async ({ grpcA }, until) => {
    while (Date.now() < until) {
      const opened = Array.from({ length: sessions }, () =>
        connectHttp2(`http://127.0.0.1:${grpcA}`, { settings: { initialWindowSize: window } }),
      );
      for (const session of opened) {
        session.on('error', () => {});
        for (let n = 0; n < count; n++) {
          if (session.destroyed) break;
          const stream = session.request(headers, { endStream: false }).on('error', () => {});
          stream.write(body);
          if (ends) stream.end();
        }
      }
      await sleep(Math.min(2000, Math.max(0, until - Date.now())));
      for (const session of opened) session.destroy();
    }
  };
};

/** Sends requests, `perSecond` in all, and leaves before they are answered. */
export const abandon =
  (port: keyof Ports, request: string, perSecond: number): Attack =>
  async (ports, until) => {
    const every = 20;
    const batch = (perSecond * every) / 1000;
    for (const started = Date.now(), sent = { count: 0 }; Date.now() < until; await sleep(every)) {
      const due = ((Date.now() - started) * perSecond) / 1000;
      for (let n = 0; sent.count < due && n < 4 * batch; n++, sent.count++) {
        const socket = connect(ports[port], '127.0.0.1', () => socket.write(request));
        socket.on('error', () => {});
        setTimeout(() => socket.resetAndDestroy(), 10 + Math.random() * 40);
      }
    }
  };
