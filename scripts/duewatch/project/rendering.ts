import type { Domain } from "../names/domain.ts";
import { readNameMap } from "../names/name_map.ts";
import type { Rendering } from "../names/project_names.ts";
import type { State } from "./state.ts";

/** How SQL is written for a project in which Duewatch is installed. */
export function renderingOf(state: State, domain: Domain): Rendering {
  return {
    map: readNameMap(state.map, domain),
    columns: new Map(
      Object.entries(state.columns)
        .map(([table, names]) => [table, new Set(names)]),
    ),
    defaultTimezone: state.defaultTimezone ?? null,
    views: state.views,
  };
}
