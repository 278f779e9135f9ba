import { z } from "zod";
import { runStatus } from "../_shared/http/fields.ts";
import { jobName, wholeNumber } from "../_shared/http/parameters.ts";
import { cursor } from "./cursor.ts";

const DEFAULT_LIMIT = 30;

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

/** A question for one run. */
export interface RunQuery {
  readonly id: string;
}

/** A question for a page of runs. */
export type PageQuery =
  & Omit<z.output<typeof logsQuery>, "id" | "limit">
  & { readonly limit: number };

/** @returns which of the two it is. */
export function parseLogsQuery(
  { id, limit = DEFAULT_LIMIT, ...filters }: z.output<typeof logsQuery>,
): RunQuery | PageQuery {
  return id === undefined ? { limit, ...filters } : { id };
}
