import type { NameMap } from "./name_map.ts";

/** What a project's own migration says differently from ours. */
export interface Rendering {
  readonly map: NameMap;
  /** Columns of mapped tables that are there, by our names of the table. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  /** Zone of agencies that have none yet. */
  readonly defaultTimezone: string | null;
  /** The columns that the views have already, which stay in this order. */
  readonly views?: Readonly<Record<string, readonly string[]>>;
}
