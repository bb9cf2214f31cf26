/**
 * Writes image digests into a values file of the chart and leaves the rest unchanged:
 *
 *   node tools/release/pin-images.ts VALUES TAG REGISTRY/SERVICE@sha256:…
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseDocument } from 'yaml';

const [file, tag, ...images] = process.argv.slice(2);
if (!file || images.length === 0) {
  console.error('usage: node tools/release/pin-images.ts VALUES TAG REGISTRY/SERVICE@sha256:…');
  process.exit(2);
}
const values = parseDocument(readFileSync(file, 'utf8'));
for (const image of images) {
  const [, repository, service, digest] =
    /^(.+\/([^/@]+))@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  if (!service) throw new Error(`${image} is not REGISTRY/SERVICE@sha256:…`);
  values.setIn([service, 'image'], { repository, tag, digest });
}
writeFileSync(file, values.toString({ lineWidth: 0 }));
