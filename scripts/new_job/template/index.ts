import { serveJob } from "../../../supabase/functions/_shared/jobs/serve-job.ts";
import { job } from "./job.ts";

export default serveJob(job);
