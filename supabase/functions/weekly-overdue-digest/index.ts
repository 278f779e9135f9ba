import { serveJob } from "../_shared/jobs/serve-job.ts";
import { weeklyOverdueDigest } from "./job.ts";

export default serveJob(weeklyOverdueDigest);
