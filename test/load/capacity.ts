/**
 * Prints the figures of docs/capacity.md that need no quiet machine: the series and the bytes of log of both services, and how
 * evenly clients spread over pods.
 *   node test/load/capacity.ts
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { subsetOf } from '../../service-kit/src/outbound/subset.ts';
import { root } from '../../tools/services.ts';

type Running = { ports: Record<string, number>; bytes: () => number; stop: () => void };

async function start(name: string, env: Record<string, string> = {}): Promise<Running> {
  const free = { HOST: '127.0.0.1', HTTP_PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0' };
  const child = spawn(process.execPath, [`${name}/src/main.ts`], {
    cwd: root,
    env: { ...free, LOG_LEVEL: 'info', LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let bytes = 0;
  const lines = createInterface(child.stdout);
  const ready = new Promise<Running['ports']>((resolve) => {
    lines.on('line', (line) => {
      bytes += line.length + 1;
      const { msg, ports } = JSON.parse(line);
      if (msg === 'ready') resolve(ports);
    });
  });
  const ports = await ready;
  return { ports, bytes: () => bytes, stop: () => void child.kill() };
}

async function series({ ports }: Running): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports.admin}/metrics`);
  return (await response.text()).split('\n').filter((line) => line && !line.startsWith('#')).length;
}

const requests = 1000;
const a = await start('service-a');
const b = await start('service-b', {
  SERVICE_A_GRPC_ADDRESS: `127.0.0.1:${a.ports.grpc}`,
  SERVICE_A_HTTP_URL: `http://127.0.0.1:${a.ports.http}`,
});
const fetchOk = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${b.ports.http}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  await response.text();
};
await fetchOk('/ping_service_a');
const before = [a.bytes(), b.bytes()];
for (let n = 0; n < requests; n++) await fetchOk('/ping_service_a?name=Ada');
await new Promise((resolve) => setTimeout(resolve, 500));
const perRequest = [a, b].map((one, i) => (one.bytes() - (before[i] ?? 0)) / requests);
await fetchOk('/service_a/greeting');
console.log(`series of a pod: A ${await series(a)}, B ${await series(b)}`);
console.log(`bytes of log for a ping: A ${perRequest[0]}, B ${perRequest[1]}`);
a.stop();
b.stop();

console.log('| clients | pods | connections of a pod | least | most |');
for (const [clients, pods] of [
  [19, 16],
  [190, 160],
  [1000, 20],
  [1900, 1600],
] as const) {
  const addresses = Array.from({ length: pods }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  const counts = new Map(addresses.map((address) => [address, 0]));
  for (let n = 0; n < clients; n++) {
    for (const one of subsetOf(`client ${n}`, addresses, () => false)) {
      counts.set(one, (counts.get(one) ?? 0) + 1);
    }
  }
  const mean = (clients * Math.min(10, pods)) / pods;
  const [least, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
  console.log(`| ${[clients, pods, mean.toFixed(1), least, most].join(' | ')} |`);
}
