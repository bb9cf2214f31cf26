import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { umbrella } from '../chart/paths.ts';
import { type Images, imageArguments } from '../deploy/images.ts';
import { run } from '../shared/command.ts';
import { type Key, sign } from './cosign.ts';
import { digestOf } from './registry.ts';

export interface ChartOptions {
  readonly registry: string;
  readonly images: Images;
  readonly key: Key;
}

/**
 * Publishes the chart as an OCI artefact that installs these images by digest, and returns its
 * reference by digest.
 */
export async function pushChart({ registry, images, key }: ChartOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'my-app-chart-'));
  try {
    const copy = join(folder, 'my-app');
    cpSync(umbrella, copy, { recursive: true });
    pinImages(join(copy, 'values.yaml'), images);
    await run('helm', ['package', copy, '--destination', folder]);
    const { version } = parseDocument(readFileSync(join(copy, 'Chart.yaml'), 'utf8')).toJS();
    // Only a registry of this machine speaks plain HTTP.
    const transport = /^localhost[:/]/.test(registry) ? ['--plain-http'] : [];
    const archive = join(folder, `my-app-${version}.tgz`);
    await run('helm', ['push', archive, `oci://${registry}/charts`, ...transport]);
    const reference = `${registry}/charts/my-app@${await digestOf(`${registry}/charts/my-app:${version}`)}`;
    await sign(reference, key);
    return reference;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pinImages(file: string, images: Images): void {
  imageArguments(images);
  const values = parseDocument(readFileSync(file, 'utf8'));
  for (const [service, reference] of images) {
    const [repository, digest] = reference.split('@');
    values.setIn([service, 'image'], { repository, digest });
  }
  writeFileSync(file, values.toString());
}
