import { randomBytes } from 'node:crypto';
import { atEnd } from '@my-app/test-support/cleanup';
import { namespace, release } from '@my-app/test-support/cluster/environment';
import { eventually } from '@my-app/test-support/cluster/eventually';
import { allTargets, expectNoFailures, startLoad } from '@my-app/test-support/cluster/load';
import { portForward } from '@my-app/test-support/cluster/port-forward';
import { query } from '@my-app/test-support/cluster/prometheus';
import { beforeAll, expect, test } from 'vitest';
import { exemplars, logs, trace } from './support/backends.ts';
import { withoutCollector } from './support/collector.ts';

const soon = { withinMs: 60_000, everyMs: 1000 };
const selector = (route: string) => `namespace="${namespace}",http_route="${route}"`;

let address: string;

beforeAll(async () => {
  address = await portForward(`service/${release}-service-b`, 8012);
});

/** Asks under a trace that is sampled, and gives its id. */
async function ask(path: string): Promise<string> {
  const id = randomBytes(16).toString('hex');
  const traceparent = `00-${id}-${randomBytes(8).toString('hex')}-01`;
  const response = await fetch(`http://${address}${path}`, { headers: { traceparent } });
  expect(response.status).toBe(200);
  return id;
}

const spansOf = async (id: string) => {
  const { spans, processes } = await trace(id);
  return spans
    .map(({ operationName, processID, tags }) => {
      const kind = tags.find(({ key }) => key === 'span.kind')?.value;
      return `${processes[processID]?.serviceName} ${kind} ${operationName}`;
    })
    .sort();
};

test('one ping is a counter, a trace of both services, and log lines of both', async () => {
  const counter = `sum(http_server_request_duration_seconds_count{${selector('/ping_service_a')}})`;
  const value = async () => Number((await query(counter))[0]?.value[1] ?? 0);
  const before = await eventually(value, soon);
  const id = await ask('/ping_service_a');
  await eventually(async () => expect(await value()).toBe(before + 1), soon);
  await eventually(
    async () =>
      expect(await spansOf(id)).toEqual([
        'service-a server greeting.v1.GreetingService/Greet',
        'service-b client greeting.v1.GreetingService/Greet',
        'service-b server GET /ping_service_a',
      ]),
    soon,
  );
  await eventually(async () => {
    const lines = await logs(id);
    expect(lines.map((line) => line.service).sort()).toEqual(['service-a', 'service-b']);
    for (const line of lines) expect(line['k8s.namespace.name']).toBe(namespace);
  }, soon);
});

test('the hop through the proxy is in its trace', async () => {
  const id = await ask('/service_a/greeting');
  await eventually(
    async () =>
      expect(await spansOf(id)).toEqual([
        'service-a server GET /greeting',
        'service-b client GET',
        'service-b server GET /service_a/*',
      ]),
    soon,
  );
});

test('an exemplar of the histogram leads to its trace', async () => {
  const id = await ask('/ping_service_a');
  const series = `http_server_request_duration_seconds_bucket{${selector('/ping_service_a')}}`;
  await eventually(async () => expect(await exemplars(series)).toContain(id), soon);
  await eventually(() => trace(id), soon);
});

test('an unavailable collector fails no request', async () => {
  const giveBack = await withoutCollector();
  atEnd(giveBack);
  const load = await startLoad({ ping: { ...allTargets().ping, perSecond: 30 } });
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  expectNoFailures(await load.stop());
});
