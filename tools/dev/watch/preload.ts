/** Loads the packages that the services and our own packages depend on, then waits for the message to start. */
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const start = once(process, 'message');
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
