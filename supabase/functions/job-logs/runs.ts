import { z } from "zod";
import { count, instantField, runStatus } from "../_shared/http/fields.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { row } from "../_shared/rpc/row.ts";
import { writeCursor } from "./cursor.ts";
import { DEFAULT_LIMIT, type LogsQuery } from "./query.ts";
import { timeline } from "./timeline.ts";

/** The key of `metadata` that a list leaves out: thousands of agencies. */
const LONG_KEY = "agencies";

/** One run, with its log row. */
export const run = z.object({
  id: z.guid(),
  jobName: z.string(),
  startedAt: instantField,
  completedAt: instantField.nullable().describe("Null while it is running."),
  status: runStatus,
  recordsUpdated: count,
  agenciesUpdated: count.nullable().describe(
    "How many agencies it has changed something for; null for a job that " +
      "does not count them.",
  ),
  itemsTotal: count.nullable()
    .describe("How many items it has to work through; null without items."),
  itemsProcessed: count.nullable().describe("Failed ones included."),
  itemsFailed: count,
  errors: z.array(z.unknown()).describe(
    "The items that failed, `{id, name, error}` each; of very many only the " +
      "first. Empty with a read key.",
  ),
  errorMessage: z.string().nullable().describe(
    "Why the run failed; with a read key, only the kind of error.",
  ),
  durationMs: z.number().min(0).nullable(),
  triggerSource: z.string().nullable()
    .describe("`cron`, `manual`, `catch_up` or `due`."),
  metadata: z.unknown().describe(
    "As the job wrote it, in its own spelling. In a list without its " +
      "`agencies`, which may be thousands; with `id` it is whole. With a read " +
      "key only `attempts` and `continued`.",
  ),
  createdAt: instantField.nullable(),
});

export type Run = z.output<typeof run>;

/** A page of the log, newest first. */
export const page = z.object({
  data: z.array(run),
  meta: z.object({
    count: count.describe("How many runs this page has."),
    limit: count.describe("How many it could have."),
    nextCursor: z.string().nullable()
      .describe("For the next page; null on the last one."),
    jobNames: z.array(z.string()).optional()
      .describe(
        "With `jobNames=true`: of all jobs, for a list to choose from.",
      ),
  }),
  timeline: timeline.optional().describe("With `timeline=true`."),
});

export type Page = z.output<typeof page>;

/**
 * @param withDetails off for a read key: the kinds of errors, and no items.
 * @returns the page that is asked for. Runs that start later shift nothing.
 */
export async function readPage(
  callRpc: CallRpc,
  {
    id,
    jobName,
    status,
    trigger,
    from,
    to,
    cursor,
    limit = DEFAULT_LIMIT,
  }: LogsQuery,
  withDetails: boolean,
): Promise<Page> {
  const size = id === undefined ? limit : 1;
  const args = id === undefined
    ? {
      job_name: jobName,
      status,
      trigger_source: trigger,
      from_at: from,
      to_at: to,
      before_started_at: cursor?.startedAt,
      before_id: cursor?.id,
      // One more shows whether there is a next page.
      max_count: size + 1,
      ...withDetails && { omit_key: LONG_KEY },
    }
    : { run_id: id };
  const answer = row(z.array(run), { items_updated: "agenciesUpdated" });
  const list = withDetails ? "list_job_runs" : "list_job_runs_without_details";
  const runs = await callChecked(callRpc, list, args, answer);

  const data = runs.slice(0, size);
  const last = runs.length > size ? data.at(-1) : undefined;
  return {
    data,
    meta: {
      count: data.length,
      limit: size,
      nextCursor: last === undefined ? null : writeCursor(last),
    },
  };
}
