import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

/**
 * Adds `service-c` to a copy of the umbrella chart in the way that the chart's README describes:
 * the folder of service A with other values, and its name in the umbrella's Chart.yaml.
 */
export function addThirdService(umbrella: string): void {
  const folder = join(umbrella, 'charts/service-c');
  cpSync(join(umbrella, 'charts/service-a'), folder, { recursive: true });
  for (const file of ['Chart.yaml', 'values.yaml']) {
    replace(join(folder, file), [
      [/service-a/g, 'service-c'],
      [/8011/g, '8013'],
      [/9011/g, '9013'],
    ]);
  }

  const chartFile = join(umbrella, 'Chart.yaml');
  const chart = parseDocument(readFileSync(chartFile, 'utf8'));
  chart.addIn(['dependencies'], {
    name: 'service-c',
    version: '0.1.0',
    condition: 'service-c.enabled',
  });
  writeFileSync(chartFile, chart.toString());
}

function replace(file: string, replacements: [RegExp, string][]): void {
  const text = replacements.reduce(
    (result, [from, to]) => result.replace(from, to),
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, text);
}
