import { AGENCY_ID, jobOperation, RUN_ID } from "../job_operation.ts";
import { updateResult, updateSuccess } from "../job_results.ts";

export const updateInstallmentStatuses = jobOperation({
  slug: "update-installment-statuses",
  summary: "Mark what is overdue now",
  description:
    "Marks every installment overdue that is, and answers when the run has " +
    "ended. One run at a time: a second caller gets 409. Running it again " +
    "changes nothing that the first run has changed.",
  success: updateSuccess,
  result: updateResult,
  example: {
    runId: RUN_ID,
    recordsUpdated: 5,
    agencies: [{
      agencyId: AGENCY_ID,
      updatedCount: 5,
      transitions: { pending_to_overdue: 5 },
    }],
    errors: [],
    attempts: 1,
    durationMs: 107,
  },
  address: "update-installment-statuses",
});
