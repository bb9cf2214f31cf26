/**
 * Publishes what is deployed, and proves that it is ours. Prints references by digest, for
 * `npm run deploy -- <environment> --images "…"`.
 *
 *   npm run publish -- images --registry ghcr.io/my-org/my-app --tag main --unchanged-from main --sign
 *   npm run publish -- chart --registry ghcr.io/my-org/my-app --images "…"
 *   npm run publish -- verify --images "…"
 *   npm run publish -- try-build service-a service-b
 *
 * A signature is the pipeline's own, by Sigstore; with `--key cosign.key` (to verify: cosign.pub) it
 * is that key's, and no service outside is asked.
 */
import { parseArgs } from 'node:util';
import { parseImages } from './deploy/images.ts';
import { publishChart } from './publish/chart.ts';
import { verifyAttestations, verifySignature } from './publish/cosign.ts';
import { publishImages, tryBuilds } from './publish/images.ts';
import { CommandError, main } from './shared/command.ts';

await main(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      registry: { type: 'string' },
      tag: { type: 'string', multiple: true, default: [] },
      platform: { type: 'string', default: 'linux/amd64' },
      'unchanged-from': { type: 'string' },
      images: { type: 'string', default: '' },
      sign: { type: 'boolean', default: false },
      key: { type: 'string' },
    },
  });
  const [command = '', ...names] = positionals;
  const { key, 'unchanged-from': unchangedFrom, tag: tags } = values;
  const images = parseImages(values.images);
  const platforms = values.platform.split(',');
  const registry = (): string => {
    if (!values.registry) throw new CommandError('--registry is missing: ghcr.io/my-org/my-app');
    return values.registry;
  };
  const signer = values.sign || key ? { key } : undefined;

  const commands: Record<string, () => Promise<void>> = {
    images: async () => {
      const options = { registry: registry(), tags, platforms, unchangedFrom, signer };
      console.log((await publishImages(options)).join(' '));
    },
    chart: async () => console.log(await publishChart({ registry: registry(), images, key })),
    verify: async () => {
      for (const reference of images.values()) {
        await verifySignature(reference, key);
        await verifyAttestations(reference, key);
        console.log(`signed, with SBOM and provenance: ${reference}`);
      }
    },
    'try-build': () => tryBuilds(names, platforms),
  };
  const work = commands[command];
  if (!work) throw new CommandError(`no such command: ${command}, see scripts/publish.ts`);
  await work();
});
