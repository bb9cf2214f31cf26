/**
 * What it costs to be observed as in production: both services scraped every 15 s, and 1 % of the requests traced, against the
 * same pair without: `mise run bench:observed`, about four minutes.
 */
import { createServer } from 'node:http';
import { makeBundles } from './lib/bundles.ts';
import { http } from './lib/load.ts';
import { prepareMachine } from './lib/machine.ts';
import { type Pair, shipped, startPair } from './lib/pair.ts';
import { measure } from './lib/rounds.ts';

prepareMachine('vegeta');
await makeBundles();
const collector = createServer((request, response) =>
  request.resume().on('end', () => response.end()),
);
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
const { port } = collector.address() as { port: number };
const env = {
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  OTEL_TRACES_SAMPLER_ARG: '0.01',
};
const definitions = [shipped, { ...shipped, name: 'scraped, 1 % traced', env }];
const pairs: Pair[] = [];
try {
  for (const definition of definitions) pairs.push(await startPair(definition));
  const load = async (pair: Pair, seconds: number) => {
    const { a, b } = pair.metrics;
    // Once in a round of 15 s.
    if (pair === pairs[1]) await Promise.all([a, b].map(async (url) => (await fetch(url)).text()));
    return http([pair.url], { seconds, connections: 32 });
  };
  const results = await measure(pairs, { rounds: 4, seconds: 15, load });
  console.table(
    Object.fromEntries(results.map(({ columns }, i) => [definitions[i]?.name, columns])),
  );
} finally {
  await Promise.all(pairs.map((pair) => pair.stop()));
  collector.close();
}
