import { z } from "zod";
import { count } from "../_shared/http/fields.ts";
import type { FinishedRun } from "../_shared/jobs/run-outcome.ts";
import { row } from "../_shared/rpc/row.ts";

const agencies = z.array(z.object({
  agencyId: z.guid(),
  updatedCount: count,
  transitions: z.record(z.string(), count),
}));

// A run that failed before its first batch has no counts yet.
const loggedAgencies = row(agencies).nullish();

/** The job's own fields of its answer. */
export const agencyFields = {
  agencies: agencies.describe("Those with a change."),
};

/** @returns what a run has changed, per agency. */
export function changesByAgency({ metadata }: FinishedRun) {
  return { agencies: loggedAgencies.parse(metadata.agencies) ?? [] };
}
