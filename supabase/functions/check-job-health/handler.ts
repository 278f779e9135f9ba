import {
  channelVariables,
  configureChannels,
} from "../_shared/alerts/channels.ts";
import { createLinks } from "../_shared/alerts/message/links.ts";
import { createRpcOutbox } from "../_shared/alerts/rpc-outbox.ts";
import { refuseOtherDatabase } from "../_shared/auth/refuse-other-database.ts";
import { requireReader } from "../_shared/auth/require-reader.ts";
import { readerVariables } from "../_shared/environment.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { readQuery } from "../_shared/http/query.ts";
import type { Platform } from "../_shared/platform.ts";
import { isTransient } from "../_shared/retry.ts";
import { RpcError } from "../_shared/rpc/failure.ts";
import { shareInFlight } from "../_shared/share-in-flight.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import { healthAnswer } from "./answer.ts";
import { createProblemReporter } from "./channel-problems.ts";
import { deliverDueAlerts, withoutDetails } from "./delivery.ts";
import { judgeHealth } from "./health.ts";
import { type History, NO_HISTORY, readHistory } from "./history.ts";
import { healthQuery } from "./query.ts";
import type { DeliveryReport, JobHealth } from "./report.ts";

/** The environment variables that this function reads. */
export const variables = {
  ...readerVariables,
  ...channelVariables,
};

export type Deps = Platform<typeof variables>;

// The supervisor hangs up after ten seconds; what is not delivered by then is
// delivered after the answer.
const ANSWER_WITHIN_MS = 8000;

/**
 * Creates `GET /check-job-health`: reports the health of the jobs, raises
 * alerts for what is critical, and delivers those that are due. With
 * `?dryRun=true`, and for HEAD, it only reports, and callers who ask at once
 * share one report; a check that raises alerts is never shared.
 */
export function createHandler(
  { environment, callRpc, log, keepAlive }: Deps,
): (request: Request) => Promise<Response> {
  const channels = configureChannels(environment);
  for (const message of channels.problems) {
    log.error("channel_misconfigured", { message });
  }
  const links = createLinks(environment);
  const outbox = createRpcOutbox(callRpc, log);
  const reportProblems = createProblemReporter(callRpc, channels, log);

  const shareHealth = shareInFlight<JobHealth>();
  const shareHistory = shareInFlight<History>();
  const readHealth = (withDetails: boolean) =>
    shareHealth(
      String(withDetails),
      () => judgeHealth(callRpc, { raiseAlerts: false, withDetails, log }),
    );

  async function check(withDetails: boolean): Promise<Response> {
    using answerBy = new TimeLimit(ANSWER_WITHIN_MS);
    await reportProblems();
    const judged = await judgeHealth(callRpc, {
      raiseAlerts: true,
      withDetails,
      log,
    })
      .catch((error: unknown) => {
        // Alerts do not wait until a broken health check is repaired.
        if (error instanceof RpcError && !isTransient(error)) return error;
        throw error;
      });
    const delivery = await deliverDueAlerts({
      outbox,
      channels: channels.on,
      log,
      keepAlive,
      answerBy: answerBy.signal,
    });
    if (judged instanceof RpcError) throw judged;
    return answerTo(
      judged,
      withDetails ? delivery : withoutDetails(delivery),
    );
  }

  function answerTo(
    health: JobHealth,
    delivery: DeliveryReport | null = null,
    history: History = NO_HISTORY,
  ): Response {
    log.info("health_checked", {
      dryRun: delivery === null,
      status: health.status,
      delivery,
    });
    return healthAnswer({ health, channels, delivery, links, history });
  }

  const app = createFunctionApp("GET", log, "health_not_read");
  const sameDatabase = refuseOtherDatabase(callRpc, log);
  app.get("*", requireReader(environment), sameDatabase, async (context) => {
    const { dryRun, failOnCritical, ...wanted } = readQuery(
      healthQuery,
      context.req,
    );
    const withStatus = (answer: Response) =>
      failOnCritical
        ? answer
        : new Response(answer.body, { headers: answer.headers });
    // HEAD is safe (RFC 9110, 9.2.1): uptime monitors send it at will.
    const actsOnNothing = dryRun || context.req.method === "HEAD";
    const { seesDetails } = context.get("reader");
    if (!actsOnNothing) return withStatus(await check(seesDetails));
    const [health, history] = await Promise.all([
      readHealth(seesDetails),
      shareHistory(
        JSON.stringify([wanted, seesDetails]),
        () => readHistory(callRpc, wanted, seesDetails),
      ),
    ]);
    return withStatus(answerTo(health, null, history));
  });

  return async (request) => await app.fetch(request);
}
