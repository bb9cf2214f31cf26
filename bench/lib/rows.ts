import { bundled } from './bundles.ts';
import type { PairDefinition } from './pair.ts';

const node = process.execPath;
/** As the image's ENTRYPOINT and ENV have it. */
const shippedWith = {
  flags: ['--enable-source-maps'],
  env: { NODE_ENV: 'production', MALLOC_ARENA_MAX: '1' },
};

const floorPair = { a: [node, bundled.floorA], b: [node, bundled.floorB] };
const shippedPair = {
  a: [node, ...shippedWith.flags, bundled.serviceA],
  b: [node, ...shippedWith.flags, bundled.serviceB],
};
const env = shippedWith.env;

const ping = '/ping_service_a';
const proxied = '/service_a/greeting';

/** Bare node:http and grpc-js: what a ping costs at least. */
export const floor: PairDefinition = { name: 'floor', ...floorPair, path: ping };

/** The services as their images run them: metrics, JSON logs at info, validation, breaker, deadlines. */
export const shipped: PairDefinition = { name: 'as shipped', ...shippedPair, env, path: ping };

/** The same, with this share of the requests traced to an OTLP receiver. */
export const traced = (share: number, endpoint: string): PairDefinition => ({
  ...shipped,
  name: `traced ${share * 100} %`,
  env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: `${share}` },
});

/** Bare @fastify/reply-from, in front of the same Service A as the one below it. */
export const floorProxy: PairDefinition = {
  name: 'floor',
  a: shippedPair.a,
  b: [node, bundled.floorProxy],
  env,
  path: proxied,
};

export const shippedProxy: PairDefinition = { ...shipped, path: proxied };
