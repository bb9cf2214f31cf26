/** Checks reports/chart against the newest Kubernetes that the chart supports; `npm run chart` checks all. */
import { spawnSync } from 'node:child_process';
import { kubernetesVersions, schemaLocations } from '../chart/kubernetes-schemas.ts';

const newest = kubernetesVersions.at(-1) ?? '';
const { status } = spawnSync(
  'kubeconform',
  ['-strict', '-output=json', ...schemaLocations(newest), 'reports/chart'],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
