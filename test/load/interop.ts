/** Reads Service A's stream with the gRPC clients of Python (interop.py) and, in grpcurl, of Go. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
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
const address = `127.0.0.1:${grpc}`;

const python = join(import.meta.dirname, 'interop.py');
execFileSync('uv', ['run', '--quiet', '--script', python, address], { stdio: 'inherit' });
console.log('Python: streams are read, canceled and ended at their deadline');

assert.deepEqual(greetEach(['Ada', 'Bob']), { messages: 2, code: status.OK });
assert.deepEqual(greetEach(['Ada', '']), { messages: 1, code: status.INVALID_ARGUMENT });
const { messages, code } = greetEach(Array(1000).fill('Ada'), '-max-time=1');
assert(messages > 0 && messages < 1000 && code === status.DEADLINE_EXCEEDED, `${messages} ${code}`);
console.log('Go: streams are read and ended at their deadline');
await server.stop();

/** The number of messages, and the status that follows, which grpcurl adds to 64. */
function greetEach(names: string[], ...options: string[]): { messages: number; code: number } {
  const data = JSON.stringify({ names });
  const method = 'greeting.v1.GreetingService/GreetEach';
  const args = ['-plaintext', ...options, '-d', data, address, method];
  const { status: exit, stdout } = spawnSync('grpcurl', args, { encoding: 'utf8' });
  return { messages: stdout.split('"message"').length - 1, code: exit ? exit - 64 : status.OK };
}
