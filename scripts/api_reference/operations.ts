import type { Operation } from "./operation.ts";
import { anyJob } from "./operations/any_job.ts";
import { checkJobHealth } from "./operations/check_job_health.ts";
import { jobControl } from "./operations/job_control.ts";
import { jobLogs } from "./operations/job_logs.ts";
import { jobMetrics } from "./operations/job_metrics.ts";
import { updateInstallmentStatuses } from "./operations/update_installment_statuses.ts";

/** What the Edge Functions offer, in the order of the reference. */
export const OPERATIONS: readonly Operation[] = [
  updateInstallmentStatuses,
  anyJob,
  checkJobHealth,
  jobMetrics,
  jobLogs,
  jobControl,
];
