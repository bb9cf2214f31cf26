/** Reads Service A's stream with the gRPC clients of Python and Go: messages, an error, a cancellation and a deadline. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '@my-app/test-support/ports';
import { root } from '../../tools/services.ts';
import { Server } from './lib/server.ts';

const [http, grpc, admin] = await freePorts(3);
const env = {
  HTTP_PORT: `${http}`,
  GRPC_PORT: `${grpc}`,
  ADMIN_PORT: `${admin}`,
  FAULT_DELAY_MS: '20', // a stream that lasts
};
const command = [process.execPath, join(root, 'service-a/src/main.ts')];
const server = await Server.start(command, env, `http://127.0.0.1:${admin}/readyz`);
const clients = join(root, 'test/load/interop');
const address = `127.0.0.1:${grpc}`;
for (const [file, ...args] of [
  ['uv', 'run', '--quiet', '--script', join(clients, 'client.py'), address],
  ['go', 'run', '-C', clients, '.', address],
] as const) {
  execFileSync(file, args, { stdio: 'inherit' });
  console.log(`${file}: streams are read, canceled and ended at their deadline`);
}
await server.stop();
