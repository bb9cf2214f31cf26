import { run } from '../shared/command.ts';
import { type Component, lockfile, npmComponents } from './components.ts';

/** The part of a CycloneDX document that is added to. */
interface Document {
  metadata: { component: { 'bom-ref': string } };
  components?: Component[];
  dependencies?: { ref: string; dependsOn: string[] }[];
}

/**
 * The software bill of materials of a pushed image: what Trivy finds in its layers, Node.js, and the
 * npm packages in the bundle.
 */
export async function sbom(service: string, reference: string): Promise<string> {
  const layers: Document = JSON.parse(
    await run('trivy', [
      ...['image', '--quiet', '--image-src', 'remote', '--format', 'cyclonedx', reference],
    ]),
  );
  const added = [await nodeComponent(reference), ...npmComponents(service, lockfile())];
  const image = layers.metadata.component['bom-ref'];
  return JSON.stringify({
    ...layers,
    components: [...(layers.components ?? []), ...added],
    dependencies: [
      ...(layers.dependencies ?? []).map((dependency) =>
        dependency.ref === image
          ? { ...dependency, dependsOn: [...dependency.dependsOn, ...added.map(ref)] }
          : dependency,
      ),
      ...added.map((component) => ({ ref: ref(component), dependsOn: [] })),
    ],
  });
}

const ref = (component: Component): string => component['bom-ref'];

/** The base image carries Node.js in no package that a scanner would see. */
async function nodeComponent(reference: string): Promise<Component> {
  const node = ['--entrypoint', '/nodejs/bin/node', reference, '--version'];
  const version = (await run('docker', ['run', '--rm', ...node])).trim().replace('v', '');
  const purl = `pkg:github/nodejs/node@v${version}`;
  return {
    'bom-ref': purl,
    type: 'application',
    name: 'node',
    version,
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
  };
}
