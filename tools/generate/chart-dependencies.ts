import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { root, services } from '../services.ts';

const charts = join(root, 'charts/my-app');

/** `charts/my-app/Chart.yaml` with the library chart and every service's chart as its dependencies. */
export function chartWithDependencies(): string {
  const chart = parseDocument(readFileSync(join(charts, 'Chart.yaml'), 'utf8'));
  const dependencies = ['common', ...services].map((name) => {
    const { version } = parse(readFileSync(join(charts, 'charts', name, 'Chart.yaml'), 'utf8'));
    return { name, version, ...(name === 'common' ? {} : { condition: `${name}.enabled` }) };
  });
  chart.set('dependencies', chart.createNode(dependencies));
  return chart.toString({ lineWidth: 0 });
}
