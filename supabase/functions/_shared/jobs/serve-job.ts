import type { z } from "zod";
import { refuseOtherDatabase } from "../auth/refuse-other-database.ts";
import { requireJobKey } from "../auth/require-job-key.ts";
import {
  jobKeyVariables,
  parseEnvironment,
  secretKeyVariables,
  wallClockVariables,
} from "../environment.ts";
import { createFunctionApp } from "../http/app.ts";
import { limitBody } from "../http/body.ts";
import { createPlatform, type Platform } from "../platform.ts";
import { finishedRunAnswer, unfinishedRunAnswer } from "./answers.ts";
import type { Job } from "./job.ts";
import { executeJobRun, type JobRunDeps } from "./job-run.ts";
import { pingMonitor } from "./ping.ts";
import { readTrigger } from "./trigger.ts";

/** The environment variables that every job reads. */
export const jobVariables = {
  ...jobKeyVariables,
  ...secretKeyVariables,
  ...wallClockVariables,
};

/** What a job's function takes from the runtime; tests give their own. */
export type JobDeps<Variables extends z.ZodRawShape> =
  & Platform<typeof jobVariables>
  & Pick<JobRunDeps<Variables>, "admin" | "jobEnvironment">;

/**
 * Makes an Edge Function of a job; `index.ts` exports it as its default.
 * Authentication, single flight, retries, the run's log row, and with it
 * thresholds, alerts, metrics and health, come from here and the database.
 *
 * @throws {EnvironmentError} when a variable is missing or wrong.
 */
export function serveJob<Variables extends z.ZodRawShape>(
  job: Job<Variables>,
): { readonly fetch: (request: Request) => Promise<Response> } {
  const deps = {
    ...createPlatform(jobVariables),
    jobEnvironment: parseEnvironment(job.variables ?? {} as Variables),
  };
  return { fetch: createJobHandler(job, deps) };
}

/**
 * Creates `POST /<job>`: runs the job once and answers when it has ended.
 * Nothing is written before the caller's key and the request have been found
 * good.
 */
export function createJobHandler<Variables extends z.ZodRawShape>(
  job: Job<Variables>,
  deps: JobDeps<Variables>,
): (request: Request) => Promise<Response> {
  const { environment, callRpc, log, keepAlive } = deps;
  const app = createFunctionApp("POST", log);
  app.post(
    "*",
    requireJobKey(environment),
    refuseOtherDatabase(callRpc, log),
    limitBody(),
    async (context) => {
      const trigger = await readTrigger(context.req);
      const run = executeJobRun(job, trigger, {
        ...deps,
        wallClockSeconds: environment.FUNCTION_WALL_CLOCK_SECONDS,
      });
      keepAlive(run);

      const outcome = await run;
      // The answer does not wait for a monitor, and a repeat sends no second ping.
      if (outcome.kind === "finished" && !outcome.isRepeat) {
        keepAlive(pingMonitor(outcome.run, deps));
      }
      return outcome.kind === "finished"
        ? finishedRunAnswer(outcome, job.answer)
        : unfinishedRunAnswer(outcome);
    },
  );

  return async (request) => await app.fetch(request);
}
