import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '@my-app/test-support/http';
import { metric } from '@my-app/test-support/metrics';
import { spawnService } from '@my-app/test-support/processes';
import { startServiceB } from '@my-app/test-support/services';
import { expect, test } from 'vitest';

/** Blocks the event loop of this process, which Service B runs in. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('deadlines missed because Service B itself was blocked do not open the circuit', async () => {
  const a = await spawnService('service-a', { FAULT_DELAY_MS: 150 });
  const b = await startServiceB(a, {
    SERVICE_A_DEADLINE_MS: 600,
    SERVICE_A_ATTEMPT_TIMEOUT_MS: 600,
  });
  const ping = async (): Promise<number> => (await send(`${b.http}/ping_service_a`)).status;
  expect(await ping()).toBe(200);
  let missed = 0;
  for (let rounds = 0; rounds < 20 && missed < 10; rounds++) {
    const pings = Array.from({ length: 20 }, ping);
    while ((await metric(a.admin, 'rpc_server_active_calls')) < 10) await sleep(1);
    block(800); // the responses arrive meanwhile
    missed += (await Promise.all(pings)).filter((status) => status === 504).length;
  }
  expect(missed).toBeGreaterThanOrEqual(10);
  const closed = { name: 'service-a', state: 'closed' };
  expect(await metric(b.admin, 'circuit_breaker_state', closed)).toBe(1);
  expect(await ping()).toBe(200);
});
