import type { SupabaseClient } from "@supabase/supabase-js";
import type { z } from "zod";
import type { Database } from "../database.types.ts";
import { parseEnvironment } from "../environment.ts";
import type { Job } from "../jobs/job.ts";
import { createJobHandler, jobVariables } from "../jobs/serve-job.ts";
import { createLogger } from "../logger.ts";
import { createAdmin } from "../rpc/client.ts";
import { FakeRuns } from "./fake-runs.ts";

/** The job key of `jobUnderTest()`. */
export const JOB_KEY = "Job-Key-0123456789";

/** A database that is not there, for jobs that do not ask for it. */
export const noDatabase = createAdmin({
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_SECRET_KEYS: { default: "no-key" },
});

/** What a test decides; all of it has a default. */
export interface JobTestOptions {
  /** The database's side of the runs. */
  readonly runs?: FakeRuns;
  /** The environment variables of the function. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The database with full rights; by default one that is not there. */
  readonly admin?: SupabaseClient<Database>;
}

/** What a request may carry beside the job key. */
export interface TriggerInit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  readonly signal?: AbortSignal;
}

/** Serves a job in this process, with the database's side in memory. */
export function jobUnderTest<Variables extends z.ZodRawShape>(
  job: Job<Variables>,
  {
    runs = new FakeRuns(),
    environment = { JOBS_API_KEY: JOB_KEY },
    admin = noDatabase,
  }: JobTestOptions = {},
) {
  const lines: string[] = [];
  const kept: Promise<unknown>[] = [];
  const read = (name: string) => environment[name];
  const handler = createJobHandler(job, {
    environment: parseEnvironment(jobVariables, read),
    jobEnvironment: parseEnvironment(job.variables ?? {} as Variables, read),
    callRpc: runs.callRpc,
    admin,
    log: createLogger((_, line) => lines.push(line)),
    keepAlive: (work) => kept.push(work),
  });
  const send = (
    init: RequestInit = {},
    url = `http://localhost/functions/v1/${job.name}`,
  ) => handler(new Request(url, { method: "POST", ...init }));

  return {
    runs,
    /** What the function has logged, a line of JSON per event. */
    lines,
    /** What the runtime was asked to stay for. */
    kept,
    send,
    /** Sends a request with the job key. */
    trigger: ({ headers = {}, ...init }: TriggerInit = {}) =>
      send({ headers: { "X-API-Key": JOB_KEY, ...headers }, ...init }),
  };
}
