import { z } from "zod";
import {
  channelVariables,
  configureChannels,
} from "../_shared/alerts/channels.ts";
import { createLinks, linkVariables } from "../_shared/alerts/message/links.ts";
import { createRpcOutbox } from "../_shared/alerts/rpc-outbox.ts";
import { requireReader } from "../_shared/auth/require-reader.ts";
import { readerVariables } from "../_shared/environment.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { errorAnswer } from "../_shared/http/errors.ts";
import { readQuery } from "../_shared/http/query.ts";
import type { Platform } from "../_shared/platform.ts";
import { databaseFailureAnswer } from "../_shared/rpc/failure-answer.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import { healthAnswer } from "./answer.ts";
import { deliverDueAlerts } from "./delivery.ts";
import { judgeHealth } from "./health.ts";

/** The environment variables that this function reads. */
export const variables = {
  ...readerVariables,
  ...linkVariables,
  ...channelVariables,
};

export type Deps = Platform<z.output<z.ZodObject<typeof variables>>>;

/** What may be asked of the health check. */
export const healthQuery = z.strictObject({
  dryRun: z
    .enum(["true", "false"], "must be true or false")
    .default("false")
    .transform((value) => value === "true")
    .describe("Only look: raise no alert and deliver none."),
});

// The supervisor hangs up after ten seconds; what is not delivered by then is
// delivered after the answer.
const ANSWER_WITHIN_MS = 8000;

/**
 * Creates `GET /check-job-health`: says how the jobs are, raises alerts for
 * what is critical, and delivers those that are due. With `?dryRun=true` it
 * only says.
 *
 * @returns the handler of all requests to the function.
 * @throws {EnvironmentError} when a channel is half configured.
 */
export function createHandler(
  { environment, callRpc, log, keepAlive }: Deps,
): (request: Request) => Promise<Response> {
  const channels = configureChannels(environment);
  const links = createLinks(environment);
  const outbox = createRpcOutbox(callRpc, log);

  const app = createFunctionApp("GET", log);
  app.get("*", requireReader(environment, log), async (context) => {
    const reading = readQuery(healthQuery, context.req);
    if (!reading.ok) return errorAnswer(reading.error);
    const { dryRun } = reading.query;

    const answerBy = new TimeLimit(ANSWER_WITHIN_MS);
    try {
      const judgement = await judgeHealth(callRpc, {
        raiseAlerts: !dryRun,
        log,
      });
      const databaseIsAway = judgement.kind === "failed" &&
        judgement.failure.kind === "transient";
      // Alerts do not wait until somebody has mended the judge.
      const delivery = dryRun || databaseIsAway
        ? null
        : await deliverDueAlerts({
          outbox,
          channels: channels.on,
          log,
          keepAlive,
          answerBy: answerBy.signal,
        });

      if (judgement.kind === "failed") {
        return databaseFailureAnswer(judgement.failure);
      }
      const { health } = judgement;
      log.info("health_checked", { dryRun, status: health.status, delivery });
      return healthAnswer({ health, channels, delivery, links });
    } finally {
      answerBy.clear();
    }
  });

  return async (request) => await app.fetch(request);
}
