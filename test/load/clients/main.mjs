/**
 * Compares the cost of one hop with different libraries: CPU time of both ends, in interleaved rounds of one run.
 *   mise run bench:clients [-- --rounds 9]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spread } from '../lib/rounds.ts';
import { hops } from './hops.mjs';

const { rounds } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } }).values;
const seconds = 2;
const warmUpSeconds = 8;

const start = async (...args) => {
  const child = fork(join(import.meta.dirname, 'end.mjs'), args);
  const [message] = await once(child, 'message');
  return { child, message };
};
const ask = async ({ child }, forSeconds) => {
  child.send(forSeconds);
  return (await once(child, 'message'))[0];
};

async function oneRound({ server, client }) {
  const before = [await ask(server, 0), await ask(client, 0)];
  const { calls, cpu } = await ask(client, seconds);
  const served = (await ask(server, 0)).cpu - before[0].cpu;
  return { client: (cpu - before[1].cpu) / calls, server: served / calls };
}

const running = [];
for (const name of Object.keys(hops)) {
  const server = await start(name);
  const client = await start(name, `${server.message}`);
  running.push({ name, server, client, rounds: [] });
  await ask(client, warmUpSeconds);
}
for (let round = 0; round < Number(rounds); round++) {
  for (const hop of running) hop.rounds.push(await oneRound(hop));
}
const of = (hop, figure) => hop.rounds.map(figure);
const both = ({ client, server }) => client + server;
const rows = running.map((hop) => {
  const ratios = hop.rounds.map((round, i) => both(round) / both(running[0].rounds[i]));
  const columns = {
    'CPU µs/call, client': spread(of(hop, ({ client }) => client)),
    'CPU µs/call, server': spread(of(hop, ({ server }) => server)),
    'both, ratio': spread(ratios, 2),
  };
  return [hop.name, columns];
});
console.table(Object.fromEntries(rows));
for (const { server, client } of running) for (const { child } of [client, server]) child.kill();
