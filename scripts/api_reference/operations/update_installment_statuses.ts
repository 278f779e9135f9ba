import { agencyFields } from "../../../supabase/functions/update-installment-statuses/agencies.ts";
import { AGENCY_ID, jobOperation } from "../job_operation.ts";

export const updateInstallmentStatuses = jobOperation({
  slug: "update-installment-statuses",
  summary: "Mark what is overdue now",
  description:
    "Marks every installment overdue that is, and answers when the run has " +
    "ended. One run at a time: a second caller gets 409. Running it again " +
    "changes nothing that the first run has changed.",
  fields: agencyFields,
  example: {
    recordsUpdated: 5,
    agencies: [{
      agencyId: AGENCY_ID,
      updatedCount: 5,
      transitions: { pending_to_overdue: 5 },
    }],
  },
});
