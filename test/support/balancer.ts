import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';
import { send } from './http.ts';
import { listen } from './listen.ts';
import type { ServiceUnderTest } from './services.ts';

type Endpoint = Pick<ServiceUnderTest, 'http' | 'admin'>;

/** How long a change of readiness takes to propagate, in ms. In a cluster it takes longer. */
const refreshMs = 100;

/**
 * Stands in for a Kubernetes Service: one address that forwards each new connection to the next
 * pod that was ready at the last check. Returns the base URL.
 */
export async function startBalancer(endpoints: Endpoint[]): Promise<string> {
  let ready = endpoints;
  let next = 0;
  let stopped = false;
  const server = createServer((client) => {
    const { http } = ready[next++ % ready.length] as Endpoint;
    const upstream = connect(Number(new URL(http).port), new URL(http).hostname);
    const cut = (error: unknown): void => {
      if (error) client.destroy();
    };
    pipeline(client, upstream, cut);
    pipeline(upstream, client, cut);
  });
  const url = await listen(server);

  async function refresh(): Promise<void> {
    while (!stopped) {
      const states = await Promise.all(
        endpoints.map(({ admin }) =>
          send(`${admin}/readyz`).then(
            ({ status }) => status === 200,
            () => false,
          ),
        ),
      );
      ready = endpoints.filter((_, i) => states[i]);
      await sleep(refreshMs);
    }
  }
  const refreshed = refresh();
  atEnd(async () => {
    stopped = true;
    server.close();
    await refreshed;
  });
  return url;
}
