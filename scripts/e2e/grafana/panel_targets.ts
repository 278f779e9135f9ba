import { type Panel, readDashboards } from "./dashboard.ts";
import { PLUGINS, type Target } from "./target.ts";

/** A query, with the panel that asks it. */
export interface PanelTarget {
  /** For messages: dashboard and panel. */
  readonly where: string;
  readonly panel: Panel;
  readonly target: Target;
}

/** The queries of all panels of all dashboards. */
export async function targets(): Promise<PanelTarget[]> {
  const dashboards = await readDashboards();
  return dashboards.flatMap(({ uid, panels }) =>
    panels.flatMap((panel) =>
      panel.targets.map((target) => ({
        where: `${uid}, ${panel.title}`,
        panel,
        target,
      }))
    )
  );
}

export function isSql(
  target: Target,
): target is Extract<Target, { rawSql: string }> {
  return target.datasource.type === PLUGINS.postgres;
}

export function isInfinity(
  target: Target,
): target is Extract<Target, { root_selector: string }> {
  return target.datasource.type === PLUGINS.infinity;
}

export function isProm(
  target: Target,
): target is Extract<Target, { expr: string }> {
  return target.datasource.type === PLUGINS.prometheus;
}
