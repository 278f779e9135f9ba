import { join } from "node:path";
import { type Finding, findingsText } from "../preflight/finding.ts";
import type { State } from "../project/state.ts";
import type { InstallPlan } from "./plan.ts";

/** A plan as a person reads it. */
export interface PlanText {
  readonly text: string;
  /** Everything that would be written, in `supabase/`. */
  readonly paths: readonly string[];
  /** Nothing is left to do. */
  readonly isComplete: boolean;
}

/** Writes what an installation would do. */
export function planText(
  plan: InstallPlan,
  findings: readonly Finding[],
  state: State,
  database: string | null,
): PlanText {
  const changes = plan.changes
    .filter(({ change }) => change === "new" || change === "changed")
    .map(({ path }) => path);
  const config = plan.config.kind === "append" && plan.config.added !== ""
    ? ["config.toml"]
    : [];
  const migrations = state.complete ? [] : [...plan.migrations.keys()];
  const paths = [...migrations, ...changes, ...config];
  const lines = [
    ...migrations.map((path) => `  supabase/${path}`),
    ...folders(changes).map(([folder, count]) =>
      `  supabase/${folder}/: ${count} ${count === 1 ? "file" : "files"}`
    ),
    ...config.map((path) =>
      `  supabase/${path}: the sections of the functions, at its end`
    ),
  ];
  return {
    paths,
    isComplete: state.complete && paths.length === 0,
    text: [
      database === null
        ? "No database was looked at. With --db-url or --linked, what could fail later is found now."
        : `Looked at ${database}:`,
      ...findings.length === 0 ? [] : [findingsText(findings)],
      "",
      "Will write:",
      ...lines,
    ].join("\n"),
  };
}

/** How many files go into each folder of functions, and of queries. */
function folders(paths: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const parts = path.split("/");
    const folder = parts[0] === "functions"
      ? join(parts[0], parts[1])
      : parts[0];
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts];
}
