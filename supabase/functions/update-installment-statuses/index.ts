import { serveJob } from "../_shared/jobs/serve-job.ts";
import { updateInstallmentStatuses } from "./job.ts";

export default serveJob(updateInstallmentStatuses);
