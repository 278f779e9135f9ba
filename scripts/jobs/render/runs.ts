import { formatDuration } from "../../../supabase/functions/_shared/format.ts";
import type { Run } from "../api/answers.ts";
import { ifRoom, tableOf } from "./columns.ts";
import { heading, type View } from "./view.ts";

/** @returns the beginning of a run's id, which the command `run` takes. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/**
 * @param runs at least one.
 * @returns a table with a line for each run; under the name of the job where
 *   there is only one.
 */
export function formatRuns(runs: readonly Run[], view: View): string {
  const { text, status, number, age, minute, format } = tableOf<Run>(view);
  const job = text("job", ({ jobName }) => jobName);
  const [jobName, ...others] = new Set(runs.map(job.value));
  const isOneJob = others.length === 0;
  const table = format([
    text("run", ({ id }) => shortId(id)),
    minute("started", ({ startedAt }) => startedAt),
    ...isOneJob ? [] : [job],
    status((run) => run.status),
    text("took", (run) => formatDuration(soFar(run, view.now)), {
      align: "right",
    }),
    ...ifRoom(
      number("rows", ({ recordsUpdated }) => recordsUpdated),
      age("age", ({ startedAt }) => startedAt),
      text("trigger", ({ triggerSource }) => triggerSource),
    ),
    text("error", ({ errorMessage }) => errorMessage, { whenNarrow: "cut" }),
  ], runs);
  return isOneJob ? `${heading(jobName, view)}\n${table}` : table;
}

/** @returns how long a run took, or has taken, in milliseconds. */
export function soFar(
  { durationMs, startedAt }: Pick<Run, "durationMs" | "startedAt">,
  now: Date,
): number {
  return durationMs ?? now.getTime() - Date.parse(startedAt);
}
