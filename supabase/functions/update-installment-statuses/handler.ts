import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { requireJobKey } from "../_shared/auth/require-job-key.ts";
import { jobKeyVariables, wallClockVariables } from "../_shared/environment.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { errorAnswer } from "../_shared/http/errors.ts";
import { unfinishedRunAnswer } from "../_shared/jobs/answers.ts";
import { executeJobRun } from "../_shared/jobs/job-run.ts";
import { MAX_TRIGGER_BYTES, readTrigger } from "../_shared/jobs/trigger.ts";
import type { Platform } from "../_shared/platform.ts";
import { finishedRunAnswer } from "./answer.ts";
import { updateInstallmentStatuses } from "./job.ts";

/** The environment variables that this function reads. */
export const variables = { ...jobKeyVariables, ...wallClockVariables };

export type Deps = Platform<z.output<z.ZodObject<typeof variables>>>;

/**
 * Creates `POST /update-installment-statuses`: runs the job once and answers
 * when it has ended. Nothing is written before the caller's key and the request
 * have been found good.
 *
 * @returns the handler of all requests to the function.
 */
export function createHandler(
  { environment, callRpc, log, keepAlive }: Deps,
): (request: Request) => Promise<Response> {
  const keys = [
    ...environment.JOBS_API_KEY,
    ...environment.SUPABASE_FUNCTION_KEY,
  ];

  const app = createFunctionApp("POST", log);
  app.post(
    "*",
    requireJobKey(keys, log),
    bodyLimit({
      maxSize: MAX_TRIGGER_BYTES,
      onError: () =>
        errorAnswer({
          statusCode: 413,
          code: "body_too_large",
          message: `The body may have at most ${MAX_TRIGGER_BYTES} bytes.`,
        }),
    }),
    async (context) => {
      const reading = await readTrigger(context.req);
      if (!reading.ok) return errorAnswer(reading.error);

      const run = executeJobRun(updateInstallmentStatuses, reading.trigger, {
        callRpc,
        log,
        wallClockSeconds: environment.FUNCTION_WALL_CLOCK_SECONDS,
      });
      keepAlive(run);

      const outcome = await run;
      return outcome.kind === "finished"
        ? finishedRunAnswer(outcome)
        : unfinishedRunAnswer(outcome);
    },
  );

  return async (request) => await app.fetch(request);
}
