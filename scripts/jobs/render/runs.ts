import { singleLine } from "../../../supabase/functions/_shared/text.ts";
import {
  duration,
  inFigures,
} from "../../../supabase/functions/_shared/wording.ts";
import { type Column, formatTable } from "../../stack/table.ts";
import type { Run } from "../api/answers.ts";
import { age } from "../text/age.ts";
import { toTheMinute } from "./instants.ts";
import { heading, paintStatus, type View } from "./view.ts";

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
  const { now, width: maxWidth } = view;
  const job: Column<Run> = {
    title: "job",
    value: ({ jobName }) => singleLine(jobName),
  };
  const [jobName, ...others] = new Set(runs.map(job.value));
  const isOneJob = others.length === 0;
  const table = formatTable<Run>(
    [
      { title: "run", value: ({ id }) => shortId(id) },
      {
        title: "started (UTC)",
        value: ({ startedAt }) => toTheMinute(startedAt),
      },
      ...isOneJob ? [] : [job],
      {
        title: "status",
        value: ({ status }) => status,
        paint: (status) => paintStatus(status, view),
      },
      {
        title: "took",
        align: "right",
        value: (run) => duration(soFar(run, now)),
      },
      {
        title: "rows",
        align: "right",
        value: ({ recordsUpdated }) => inFigures(recordsUpdated),
        whenNarrow: "drop",
      },
      {
        title: "age",
        value: ({ startedAt }) => age(startedAt, now),
        whenNarrow: "drop",
      },
      {
        title: "trigger",
        value: ({ triggerSource }) => singleLine(triggerSource ?? ""),
        whenNarrow: "drop",
      },
      {
        title: "error",
        value: ({ errorMessage }) => singleLine(errorMessage ?? ""),
        whenNarrow: "cut",
      },
    ],
    runs,
    { maxWidth },
  );
  return isOneJob ? `${heading(jobName, view)}\n${table}` : table;
}

/** @returns how long a run took, or has taken, in milliseconds. */
export function soFar(
  { durationMs, startedAt }: Pick<Run, "durationMs" | "startedAt">,
  now: Date,
): number {
  return durationMs ?? now.getTime() - Date.parse(startedAt);
}
