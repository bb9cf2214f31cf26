import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { root, services } from '../services.ts';

const header = `# Generated from the services' values in charts/my-app by \`npm run generate\`: the NetworkPolicies of a preview.
`;

/** `deploy/preview/values.yaml`: for each service its ports, and who may reach which of them. */
export function previewValues(): string {
  const entries = services.map((service) => {
    const file = join(root, `charts/my-app/charts/${service}/values.yaml`);
    const { ports, networkPolicy } = parse(readFileSync(file, 'utf8'));
    const { ingress = {}, egress = [] } = networkPolicy ?? {};
    return [service, { ports, ingress, egress }];
  });
  return header + stringify(Object.fromEntries(entries));
}
