import { z } from "zod";
import { runStatus } from "../_shared/http/fields.ts";
import { instant, jobName, wholeNumber } from "../_shared/http/parameters.ts";
import { cursor } from "./cursor.ts";

/** How many runs a page has when the query does not say. */
export const DEFAULT_LIMIT = 30;

const TRIGGERS = ["cron", "manual", "catch_up", "due"] as const;

/** The query of the log. */
export const logsQuery = z
  .strictObject({
    limit: wholeNumber(1, 100)
      .optional()
      .describe(`How many runs a page has. Default: ${DEFAULT_LIMIT}.`),
    id: z
      .guid("must be a UUID")
      .optional()
      .describe(
        "One run by its id. Only `timeline` may be given together with it.",
      ),
    timeline: z
      .enum(["true", "false"], "must be true or false")
      .optional()
      .transform((value) => value === "true" || undefined)
      .describe(
        "With `id`: adds the alerts that the run has raised, with their " +
          "deliveries, and what people have asked of it.",
      ),
    jobNames: z
      .enum(["true", "false"], "must be true or false")
      .optional()
      .transform((value) => value === "true" || undefined)
      .describe("Adds `meta.jobNames`, the names of all jobs."),
    jobName: jobName
      .optional()
      .describe("Only runs of this job."),
    status: z
      .enum(runStatus.options, "must be running, success or failed")
      .optional()
      .describe("Only runs with this status."),
    trigger: z
      .enum(
        TRIGGERS,
        `must be ${TRIGGERS.slice(0, -1).join(", ")} or ${TRIGGERS.at(-1)}`,
      )
      .optional()
      .describe("Only runs that this has started."),
    from: instant
      .optional()
      .describe("Only runs that started at this instant or later."),
    to: instant
      .optional()
      .describe("Only runs that started before this instant."),
    cursor: cursor
      .optional()
      .describe(
        "The `meta.nextCursor` of a page: gives the next one. The other " +
          "parameters stay as they were.",
      ),
  })
  .refine(
    ({ id, timeline: _, ...others }) =>
      id === undefined || Object.keys(others).length === 0,
    "no other parameter than timeline goes together with id",
  )
  .refine(
    ({ id, timeline }) => id !== undefined || timeline === undefined,
    "timeline goes only together with id",
  )
  .refine(
    ({ from, to }) => from === undefined || to === undefined || from < to,
    "from must be before to",
  );

export type LogsQuery = z.output<typeof logsQuery>;
