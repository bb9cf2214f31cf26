import type { GridPos, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import { describe, expect, test } from 'vitest';
import { dashboardFiles } from './main.ts';

/** Half of a ConfigMap's limit of 1 MiB, to notice in time that a dashboard grows towards it. */
const maxBytes = 512 * 1024;

describe.each(dashboardFiles())('%s', (_, text) => {
  const { title, uid, panels: all, templating } = JSON.parse(text);
  const panels: Panel[] = all.filter(({ type }: Panel) => type !== 'row');
  const queries = panels.flatMap(({ targets }) => targets as (Dataquery & { query?: string })[]);
  const promql = queries.filter(({ datasource }) => datasource?.type === 'prometheus');

  test('fits into a ConfigMap and has a unique title and uid', () => {
    expect(text.length).toBeLessThan(maxBytes);
    expect({ title, uid }).toEqual({
      title: expect.stringMatching(/^my-app: ./),
      uid: expect.stringMatching(/^my-app-./),
    });
    const titles = panels.map((panel) => panel.title);
    expect(titles).toEqual([...new Set(titles)]);
  });

  test('has variables for the data source, namespace, release and service', () => {
    const names = templating.list.map(({ name }: { name: string }) => name);
    expect(names.slice(0, 4)).toEqual(['datasource', 'namespace', 'release', 'service']);
  });

  test('shows deployments of the chosen release as annotations', () => {
    const { expr, enable, datasource } = JSON.parse(text).annotations.list[0];
    expect({ enable, uid: datasource.uid }).toEqual({ enable: true, uid: '$datasource' });
    for (const name of ['$namespace', '$release', '$service']) expect(expr).toContain(name);
  });

  test('describes each panel and sets its unit', () => {
    for (const { type, title, description, fieldConfig } of panels) {
      expect({ title, description }).toEqual({
        title: expect.stringMatching(/^[A-Z]|^gRPC/),
        description: expect.stringMatching(/\.$/),
      });
      if (type === 'timeseries') expect(fieldConfig?.defaults.unit, title).toBeTruthy();
    }
  });

  test('shows only the chosen release', () => {
    expect(promql).not.toHaveLength(0);
    for (const { expr, legendFormat, datasource } of promql) {
      expect(datasource?.uid).toBe('$datasource');
      expect(legendFormat).toMatch(/\{\{\w+\}\}/);
      for (const name of ['$namespace', '$release', '$service']) expect(expr).toContain(name);
      // A selector without a namespace would show or join series of other tenants.
      for (const [selector] of expr.matchAll(/\{[^{}]*\}/g)) {
        expect(selector).toContain('namespace="$namespace"');
      }
    }
    for (const { datasource, ...query } of queries) {
      if (datasource?.type !== 'prometheus') expect(JSON.stringify(query)).toContain('$trace_id');
    }
  });

  test('has no panel that overlaps another or exceeds the width', () => {
    const cells = all.flatMap(({ gridPos }: { gridPos: GridPos }) => cellsOf(gridPos));
    expect(cells).toHaveLength(new Set(cells).size);
  });
});

function cellsOf({ x, y, w, h }: GridPos): string[] {
  expect(x + w).toBeLessThanOrEqual(24);
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
}
