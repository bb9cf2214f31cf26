/**
 * Pushes what is deployed to a registry, and proves that it is ours. Prints references by digest, for
 * `npm run deploy -- <environment> --images "…"`.
 *
 *   npm run artifacts -- push --registry ghcr.io/my-org/my-app --tag main --unchanged-from main --sign
 *   npm run artifacts -- push-chart --registry ghcr.io/my-org/my-app --images "…"
 *   npm run artifacts -- resolve --registry ghcr.io/my-org/my-app --tag main
 *   npm run artifacts -- verify --images "…"
 *   npm run artifacts -- pull --images "…"     as service-a:latest and so on, which `npm run scan` looks at
 *   npm run artifacts -- try-build service-a service-b
 *
 * A signature is the pipeline's own, by Sigstore; with `--key cosign.key` (to verify: cosign.pub) it
 * is that key's, and no service outside is asked.
 */
import { parseArgs } from 'node:util';
import { pushChart } from './artifacts/chart.ts';
import { verifyAttestations, verifySignature } from './artifacts/cosign.ts';
import { pushImages, tryBuilds } from './artifacts/images.ts';
import { pullImages, resolveImages } from './artifacts/registry.ts';
import { parseImages } from './deploy/images.ts';
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
    push: async () => {
      const options = { registry: registry(), tags, platforms, unchangedFrom, signer };
      console.log((await pushImages(options)).join(' '));
    },
    'push-chart': async () => console.log(await pushChart({ registry: registry(), images, key })),
    resolve: async () => {
      const [tag = 'main'] = tags;
      console.log((await resolveImages(registry(), tag)).join(' '));
    },
    pull: () => pullImages(images),
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
  if (!work) throw new CommandError(`no such command: ${command}, see scripts/artifacts.ts`);
  await work();
});
