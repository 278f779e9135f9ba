import { z } from "zod";
import { errorAnswer } from "../_shared/http/errors.ts";
import type { RunOutcome } from "../_shared/jobs/run-outcome.ts";

// A run that failed before its first batch has no counts yet.
const agencyCounts = z
  .array(
    z.object({
      agency_id: z.guid(),
      updated_count: z.number().int(),
      transitions: z.record(z.string(), z.number().int()),
    }),
  )
  .nullish()
  .transform((agencies) => agencies ?? []);

/**
 * Answers for a run that has ended.
 *
 * @returns 200 with what changed per agency; or 500 `run_failed` with the same
 *   beside the error, since a failed run may have updated records too. The
 *   names of transitions are data and keep their spelling.
 */
export function finishedRunAnswer(
  { run, attempts }: Extract<RunOutcome, { kind: "finished" }>,
): Response {
  const result = {
    runId: run.run_id,
    recordsUpdated: run.records_updated,
    agencies: agencyCounts.parse(run.metadata.agencies).map((agency) => ({
      agencyId: agency.agency_id,
      updatedCount: agency.updated_count,
      transitions: agency.transitions,
    })),
    errors: run.errors,
    attempts,
    durationMs: run.duration_ms,
  };

  return run.status === "success"
    ? Response.json({ success: true, ...result })
    : errorAnswer({
      statusCode: 500,
      code: "run_failed",
      message: run.error_message ?? "The run failed without a message.",
    }, { fields: result });
}
