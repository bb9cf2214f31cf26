import { execFileSync } from 'node:child_process';
import { atEnd } from '@my-app/test-support/cleanup';
import { expect, test } from 'vitest';
import { createAdminServer } from '../../src/runtime/admin-server.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { Readiness } from '../../src/runtime/readiness.ts';
import { startHttpApp } from '../support/http-app.ts';

const opens = `
const [port, count] = process.argv.slice(1).map(Number);
let connected = 0;
for (let n = 0; n < count; n++) require('node:net').connect(port, '127.0.0.1', () => connected++);
setTimeout(() => setImmediate(() => console.log(connected) ?? process.exit()), 900);
`;

// Node.js accepts one connection in a turn of the event loop. A client whose connection finds the kernel's queue full tries again
// after a second, and finds it full again.
test.for([
  ['the API', 1500, async () => (await startHttpApp(() => {})).port],
  [
    'the admin port',
    600,
    async () => {
      const server = createAdminServer(new Readiness(), createMetrics().registry);
      atEnd(() => server.close());
      return server.listen('127.0.0.1', 0);
    },
  ],
] as const)('a burst of connections to %s waits in the queue: %i', async ([, count, start]) => {
  const port = await start();
  // Nothing is accepted until it returns.
  const out = execFileSync(process.execPath, ['--eval', opens, `${port}`, `${count}`]);
  expect(Number(out)).toBe(count);
});
