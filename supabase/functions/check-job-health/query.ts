import { z } from "zod";
import { wholeNumber } from "../_shared/http/parameters.ts";

/** The query of the health check. */
export const healthQuery = z
  .strictObject({
    dryRun: z
      .enum(["true", "false"], "must be true or false")
      .default("false")
      .transform((value) => value === "true")
      .describe("Only read the report. Raise no alert and deliver none."),
    failOnCritical: z
      .enum(["true", "false"], "must be true or false")
      .default("true")
      .transform((value) => value === "true")
      .describe(
        "With false, the answer is 200 also when something is critical, for " +
          "pages that read the status in the body.",
      ),
    recentRuns: wholeNumber(1, 100)
      .optional()
      .describe(
        "Adds the last runs of each job: how many of each, up to 100. Only " +
          "with `dryRun=true`.",
      ),
    incidentLog: wholeNumber(1, 100)
      .optional()
      .describe(
        "Adds the open incidents and the latest that are over, with their " +
          "alerts: how many that are over, up to 100. Only with `dryRun=true`.",
      ),
  })
  .refine(
    ({ dryRun, recentRuns, incidentLog }) =>
      dryRun || (recentRuns ?? incidentLog) === undefined,
    "recentRuns and incidentLog need dryRun=true",
  );

export type HealthQuery = z.output<typeof healthQuery>;
