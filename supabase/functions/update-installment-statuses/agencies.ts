import { z } from "zod";
import type { FinishedRun } from "../_shared/jobs/run-outcome.ts";

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
 * What a run has changed, per agency, for its answer. The names of transitions
 * are data and keep their spelling.
 */
export function changesByAgency({ metadata }: FinishedRun) {
  return {
    agencies: agencyCounts.parse(metadata.agencies).map((agency) => ({
      agencyId: agency.agency_id,
      updatedCount: agency.updated_count,
      transitions: agency.transitions,
    })),
  };
}
