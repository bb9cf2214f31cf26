import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { greetingClient } from '@my-app/test-support/grpc';
import { spawnService } from '@my-app/test-support/processes';
import { callRaw, frame, rawGrpc } from '@my-app/test-support/raw-grpc';
import { expect, test } from 'vitest';

const empty = frame(Buffer.of());
const watch = '/grpc.health.v1.Health/Watch';
const greet = '/greeting.v1.GreetingService/Greet';
const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

/** Calls that wait for their client: path, body, and whether the client ends its side. */
const held = {
  'a health watch': [watch, empty, true],
  'a request that is not complete': [greet, Buffer.of(0, 0), false],
  'an answer that is not read': [greet, empty, true],
  'a reflection stream': [reflection, Buffer.of(), false],
} as const;

// Node.js aborts if a stream closes while the frames of its session are read: nodejs/node#41458.
test.each(Object.entries(held))(
  'evicting a call for another of its session does not abort the process: %s',
  async (_what, [path, body, end]) => {
    const a = await spawnService('service-a');
    const unread = { settings: { initialWindowSize: path === greet ? 0 : 65_535 } };
    for (let round = 0; round < 5; round++) {
      const sessions = [1, 2, 3].map(() => rawGrpc(a.grpc, unread));
      await Promise.all(sessions.map((session) => once(session, 'remoteSettings')));
      const [first, second, third] = sessions as [
        ClientHttp2Session,
        ClientHttp2Session,
        ClientHttp2Session,
      ];
      const open = (session: ClientHttp2Session, which: string, bytes: Buffer, ends: boolean) =>
        void callRaw(session, bytes, { ':path': which }, ends).catch(() => {});
      const roundTrip = (session: ClientHttp2Session) =>
        new Promise((resolve) => session.ping(resolve));
      open(first, path, body, end); // the oldest, which is closed first
      await roundTrip(first);
      for (const session of [second, third]) {
        for (let n = 0; n < 255; n++) open(session, watch, empty, true);
      }
      await Promise.all(sessions.map(roundTrip));
      await sleep(200); // longer than an answer may stay unread
      for (let n = 0; n < 2; n++) open(first, watch, empty, true); // the second is one too many
      await roundTrip(first);
      for (const session of sessions) session.destroy();
    }
    expect(await greetingClient(a.grpc)()).toContain('Hello');
    a.kill('SIGTERM');
    expect((await a.exited).code).toBe(0);
  },
);
