import { z } from "zod";
import { runStatus } from "../_shared/http/fields.ts";
import { jobName, wholeNumber } from "../_shared/http/parameters.ts";
import { cursor } from "./cursor.ts";

/** How many runs a page has when the query does not say. */
export const DEFAULT_LIMIT = 30;

/** The query of the log. */
export const logsQuery = z
  .strictObject({
    limit: wholeNumber(1, 100)
      .optional()
      .describe(`How many runs a page has. Default: ${DEFAULT_LIMIT}.`),
    id: z
      .guid("must be a UUID")
      .optional()
      .describe("One run by its id. No other parameter may be given with it."),
    jobName: jobName
      .optional()
      .describe("Only runs of this job."),
    status: z
      .enum(runStatus.options, "must be running, success or failed")
      .optional()
      .describe("Only runs with this status."),
    cursor: cursor
      .optional()
      .describe(
        "The `meta.nextCursor` of a page: gives the next one. The other " +
          "parameters stay as they were.",
      ),
  })
  .refine(
    (query) => query.id === undefined || Object.keys(query).length === 1,
    "no other parameter goes together with id",
  );

export type LogsQuery = z.output<typeof logsQuery>;
