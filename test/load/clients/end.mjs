/**
 * One end of a hop as a process: `end.mjs HOP` serves and `end.mjs HOP PORT` calls. It sends its port, or true once
 * connected. Each message is a number of seconds to call for; the reply has the number of calls and the CPU time so far in µs.
 */
import { hops } from './hops.mjs';

const [name, port] = process.argv.slice(2);
const inFlight = 32;

const call = port && hops[name].connect(port);
process.on('message', async (seconds) => {
  const end = performance.now() + seconds * 1000;
  let calls = 0;
  const callAgain = async () => {
    for (; performance.now() < end; calls++) {
      const greeting = await call();
      if (!greeting.startsWith('Hello'))
        throw new Error(`${name}: expected a greeting, got ${greeting}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, callAgain));
  const { user, system } = process.cpuUsage();
  process.send({ calls, cpu: user + system });
});
process.send((await call?.()) ? true : await hops[name].serve());
