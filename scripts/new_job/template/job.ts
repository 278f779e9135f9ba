import type { Job } from "../../../supabase/functions/_shared/jobs/job.ts";
import { readAll } from "../../../supabase/functions/_shared/read-all.ts";

/** Counts each agency's active payment plans, and logs how many there are. */
export const job: Job = {
  name: "new-job",

  async run({ admin, forEachItem, log, signal }) {
    const agencies = await readAll(
      () => admin.from("agencies").select("id, name"),
      signal,
    );

    await forEachItem(agencies, async ({ id }, signal) => {
      const { count } = await admin.from("payment_plans")
        .select("id", { count: "exact" })
        .eq("agency_id", id)
        .eq("status", "active")
        .limit(1)
        .abortSignal(signal)
        .throwOnError();
      log.info("agency_counted", { agencyId: id, activePlans: count });
    });

    return { metadata: { agencies_seen: agencies.length } };
  },
};
