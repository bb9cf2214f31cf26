/**
 * The load test: what this project costs over the bare minimum of its own libraries, on this
 * machine, in interleaved rounds of one run.
 *   npm run bench              about twelve minutes; writes bench/results/
 *   npm run bench -- --quick   about two minutes: the floor and the project, nothing written
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBundles } from './lib/bundles.ts';
import { pinSelf } from './lib/cpus.ts';
import { type CurvePoint, measureCurve } from './lib/curve.ts';
import { grpcLoad } from './lib/grpc-load.ts';
import { httpLoad } from './lib/http-load.ts';
import { startOtlpSink } from './lib/otlp-sink.ts';
import { withPairs } from './lib/pair.ts';
import { drawPlots } from './lib/plot.ts';
import { loadTable, machine, startUpTable } from './lib/report.ts';
import { prepareRivals } from './lib/rivals.ts';
import { measure, type Row } from './lib/rounds.ts';
import { floor, floorProxy, shipped, shippedProxy, traced } from './lib/rows.ts';
import { measureStartUp } from './lib/start-up.ts';

const quick = process.argv.includes('--quick');
const connections = 32;
const http = {
  rounds: quick ? 6 : 20,
  seconds: 1,
  load: (pair: { url: string }, seconds: number) => httpLoad(pair.url, seconds, connections),
};
const grpc = {
  ...http,
  load: (pair: { grpcPort: number }, seconds: number) =>
    grpcLoad(pair.grpcPort, seconds, connections),
};

await makeBundles();
const rivals = quick ? [] : prepareRivals();
for (const { skipped } of rivals) if (skipped) console.log(`skipped: ${skipped}`);
const sink = await startOtlpSink();
pinSelf();

const others = [
  traced(0.01, sink.endpoint),
  traced(1, sink.endpoint),
  ...rivals.flatMap(({ pairs }) => pairs),
];
let curves: { name: string; points: CurvePoint[] }[] = [];
let grpcRows: Row[] = [];
const pingRows = await withPairs([floor, shipped], async (pairs) => {
  const rows = await measure(pairs, http);
  grpcRows = await measure(pairs, grpc);
  if (!quick) curves = await measureCurves(pairs, rows);
  return rows;
});
const otherRows: Row[] = [];
for (const other of quick ? [] : others) {
  otherRows.push(
    ...(await withPairs([shipped, other], (pairs) => measure(pairs, { ...http, rounds: 8 }))),
  );
}
const proxyRows = await withPairs([floorProxy, shippedProxy], (pairs) => measure(pairs, http));
const startUp = await measureStartUp(quick ? 3 : 7);
sink.close();

const text = `${JSON.stringify(machine())}

GET /ping_service_a, ${connections} connections
${loadTable(pingRows)}

The same, this project beside each of the others
${loadTable(otherRows)}

Greet over gRPC, ${connections} calls under way on one connection
${loadTable(grpcRows)}

GET /service_a/greeting, ${connections} connections; the floor is bare @fastify/reply-from
${loadTable(proxyRows)}

Start
${startUpTable(startUp)}
`;
console.log(text);
if (!quick) writeResults();

/** Up to what the services can do, in steps: cost and time for each load. */
async function measureCurves(
  pairs: Parameters<typeof measure>[0],
  rows: Row[],
): Promise<typeof curves> {
  const result: typeof curves = [];
  for (const [i, pair] of pairs.entries()) {
    const capacity = rows[i]?.requestsPerSecond ?? 0;
    const loads = [0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9].map((share) =>
      Math.round(capacity * share),
    );
    result.push({ name: pair.name, points: await measureCurve(pair, loads, 2) });
  }
  return result;
}

function writeResults(): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const result = {
    date: new Date().toISOString(),
    machine: machine(),
    ping: pingRows,
    others: otherRows,
    grpc: grpcRows,
    proxy: proxyRows,
    startUp,
    curves,
  };
  writeFileSync(join(folder, 'bench.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, 'bench.txt'), text);
  const series = (of: (point: CurvePoint) => number) =>
    curves.map(({ name, points }) => ({
      name,
      points: points.map((point): [number, number] => [point.offeredPerSecond, of(point)]),
    }));
  const plot = drawPlots([
    {
      title: 'Cost of GET /ping_service_a',
      x: 'requests/s offered',
      y: 'share of one core, A and B',
      series: series((point) => point.coreShare),
    },
    {
      title: 'Time to the answer, 99th percentile',
      x: 'requests/s offered',
      y: 'ms',
      series: series((point) => point.p99Ms),
    },
  ]);
  writeFileSync(join(folder, 'bench.svg'), plot);
}
