import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { requests } from './requests.ts';
import { runtime } from './runtime.ts';
import { slos } from './slos.ts';

/** The dashboards by name. Each panel gets an id, so that links can refer to it. */
export const dashboards: Record<string, Dashboard> = Object.fromEntries(
  Object.entries({ requests, runtime, slos }).map(([name, builder]) => {
    const dashboard = builder.build();
    dashboard.panels?.forEach((panel, index) => {
      panel.id = index + 1;
    });
    return [name, dashboard];
  }),
);

/** The files that `npm run generate` writes for the chart, as pairs of path and text. */
export function dashboardFiles(): [string, string][] {
  return Object.entries(dashboards).map(([name, dashboard]) => [
    `charts/my-app/dashboards/${name}.json`,
    `${JSON.stringify(dashboard, null, 2)}\n`,
  ]);
}
