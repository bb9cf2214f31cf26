/**
 * Loads the packages that the services and our own packages depend on, then waits for the message to start. A later message,
 * sent when this process is the one that serves, opens the inspector.
 */
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import inspector from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';

const port = Number(process.env.INSPECT_PORT);
const start = once(process, 'message');
process.on('message', function serves(message) {
  if (message !== 'serves') return;
  process.off('message', serves); // a listener keeps the process alive
  if (port) inspector.open(port, '127.0.0.1'); // loopback is enough for `kubectl port-forward`, too
});
// Leaves the CPU to the process that is starting right now.
const idle = await Promise.race([start.then(() => false), sleep(500, true)]);
if (idle) {
  const dependencies = globSync('*/package.json').flatMap((path) =>
    Object.keys(JSON.parse(readFileSync(path, 'utf8')).dependencies ?? {}),
  );
  const packages = dependencies.filter((name) => !name.startsWith('@my-app/'));
  await Promise.allSettled(packages.map((name) => import(name)));
}
await start;
