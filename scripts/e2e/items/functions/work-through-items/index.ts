import { serveJob } from "../../../../../supabase/functions/_shared/jobs/serve-job.ts";
import { workThroughItems } from "./job.ts";

export default serveJob(workThroughItems);
