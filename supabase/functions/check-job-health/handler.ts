import { z } from "zod";
import {
  channelVariables,
  configureChannels,
} from "../_shared/alerts/channels.ts";
import { createLinks, linkVariables } from "../_shared/alerts/message/links.ts";
import { createRpcOutbox } from "../_shared/alerts/rpc-outbox.ts";
import { requireReader } from "../_shared/auth/require-reader.ts";
import { readerVariables } from "../_shared/environment.ts";
import type { Answer } from "../_shared/http/answer.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { errorAnswer } from "../_shared/http/errors.ts";
import { readQuery } from "../_shared/http/query.ts";
import type { Platform } from "../_shared/platform.ts";
import { databaseFailureAnswer } from "../_shared/rpc/failure-answer.ts";
import { shareInFlight } from "../_shared/share-in-flight.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import { healthAnswer } from "./answer.ts";
import { deliverDueAlerts } from "./delivery.ts";
import { judgeHealth, type Judgement } from "./health.ts";
import type { DeliveryReport } from "./report.ts";

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
 * only says, and those who ask at once share what is said; a check that raises
 * alerts is never shared.
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

  const shareLook = shareInFlight<Answer>();

  async function look(): Promise<Answer> {
    return answerTo(await judgeHealth(callRpc, { raiseAlerts: false, log }));
  }

  async function check(): Promise<Answer> {
    const answerBy = new TimeLimit(ANSWER_WITHIN_MS);
    try {
      const judgement = await judgeHealth(callRpc, { raiseAlerts: true, log });
      const databaseIsAway = judgement.kind === "failed" &&
        judgement.failure.kind === "transient";
      // Alerts do not wait until somebody has mended the judge.
      const delivery = databaseIsAway ? null : await deliverDueAlerts({
        outbox,
        channels: channels.on,
        log,
        keepAlive,
        answerBy: answerBy.signal,
      });
      return answerTo(judgement, delivery);
    } finally {
      answerBy.clear();
    }
  }

  function answerTo(
    judgement: Judgement,
    delivery: DeliveryReport | null = null,
  ): Answer {
    if (judgement.kind === "failed") {
      return () => databaseFailureAnswer(judgement.failure);
    }
    const { health } = judgement;
    log.info("health_checked", {
      dryRun: delivery === null,
      status: health.status,
      delivery,
    });
    return healthAnswer({ health, channels, delivery, links });
  }

  const app = createFunctionApp("GET", log);
  app.get("*", requireReader(environment, log), async (context) => {
    const reading = readQuery(healthQuery, context.req);
    if (!reading.ok) return errorAnswer(reading.error);

    const answer = reading.query.dryRun
      ? await shareLook("all jobs", look)
      : await check();
    return answer();
  });

  return async (request) => await app.fetch(request);
}
