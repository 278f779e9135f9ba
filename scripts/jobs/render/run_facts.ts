import { z } from "zod";
import {
  multiLine,
  singleLine,
} from "../../../supabase/functions/_shared/truncate.ts";
import {
  formatDuration,
  formatNumber,
} from "../../../supabase/functions/_shared/format.ts";

import { toTheSecond } from "./instants.ts";

/** The columns of `jobs_log` that take one line each. */
export interface LoggedRun {
  readonly id: string;
  readonly jobName: string;
  readonly triggerSource: string | null;
  readonly status: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly recordsUpdated: number | null;
  readonly itemsTotal: number | null;
  readonly itemsProcessed: number | null;
  readonly itemsFailed: number;
  readonly errorMessage: string | null;
}

/** A name, and its value if there is one. */
export type Fact = readonly [name: string, value: string | null];

/** @returns the facts of a run for `formatFacts`, the error last. */
export function runFacts(run: LoggedRun): Fact[] {
  const { triggerSource, durationMs, errorMessage } = run;
  return [
    ["run", run.id],
    ["job", singleLine(run.jobName)],
    ["trigger", triggerSource && singleLine(triggerSource)],
    ["status", run.status],
    ["started", toTheSecond(run.startedAt)],
    ["duration", durationMs === null ? null : formatDuration(durationMs)],
    ["records updated", formatNumber(run.recordsUpdated ?? 0)],
    ["items", itemsOf(run)],
    ["error", multiLine(errorMessage ?? "") || null],
  ];
}

function itemsOf(
  { itemsTotal, itemsProcessed, itemsFailed }: LoggedRun,
): string | null {
  const failed = itemsFailed > 0 ? `${formatNumber(itemsFailed)} failed` : null;
  if (itemsTotal === null) return failed;
  const processed = formatNumber(itemsProcessed ?? 0);
  return [`${processed} of ${formatNumber(itemsTotal)} processed`, failed]
    .filter((part) => part !== null).join(", ");
}

const failedItem = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  name: z.string().nullish(),
  error: z.string().nullish(),
});

/** @returns an entry of `errors` on one line, whatever a job has logged there. */
export function failedItemText(logged: unknown): string {
  const { data: item } = failedItem.safeParse(logged);
  // A job may have logged something of its own.
  if (item?.error === undefined) return singleLine(JSON.stringify(logged));
  const { name, id, error } = item;
  const label = [name, id && `(${id})`].filter(Boolean).join(" ");
  return singleLine([label, error].filter(Boolean).join(": "));
}
