import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { requests } from './requests.ts';
import { runtime } from './runtime.ts';
import { slos } from './slos.ts';

/** The dashboards by name, each panel with an id that its links can name. */
export const dashboards: Record<string, Dashboard> = Object.fromEntries(
  Object.entries({ requests, runtime, slos }).map(([name, builder]) => {
    const dashboard = builder.build();
    dashboard.panels?.forEach((panel, index) => {
      panel.id = index + 1;
    });
    return [name, dashboard];
  }),
);

/** What `npm run generate` writes: the dashboards by the files that the chart ships. */
export function dashboardFiles(): [string, string][] {
  return Object.entries(dashboards).map(([name, dashboard]) => [
    `charts/my-app/dashboards/${name}.json`,
    `${JSON.stringify(dashboard, null, 2)}\n`,
  ]);
}
