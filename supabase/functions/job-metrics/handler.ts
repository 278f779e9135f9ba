import type { z } from "zod";
import { requireReader } from "../_shared/auth/require-reader.ts";
import { readerVariables } from "../_shared/environment.ts";
import { type Answer, jsonAnswer, textAnswer } from "../_shared/http/answer.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { errorAnswer } from "../_shared/http/errors.ts";
import { invalidQuery, readQuery } from "../_shared/http/query.ts";
import { unknownJobAnswer } from "../_shared/jobs/unknown-job.ts";
import type { Platform } from "../_shared/platform.ts";
import { databaseFailureAnswer } from "../_shared/rpc/failure-answer.ts";
import type { RpcFailure } from "../_shared/rpc/failure.ts";
import { shareInFlight } from "../_shared/share-in-flight.ts";
import { askForCounters, ofJob } from "./counters.ts";
import { expose } from "./exposition.ts";
import { chooseFormat, type Format } from "./format.ts";
import { askForMetrics } from "./metrics.ts";
import { type MetricsQuery, metricsQuery, windowOf } from "./query.ts";

/** The environment variables that this function reads. */
export const variables = readerVariables;

export type Deps = Platform<z.output<z.ZodObject<typeof variables>>>;

/**
 * Creates `GET /job-metrics`: what the jobs did in a window of time, in JSON,
 * or, for Prometheus, what they have done since the beginning.
 *
 * Every caller sees all jobs, so an admin is answered with the rights of the
 * function: the numbers come from tables that no user may read.
 *
 * @returns the handler of all requests to the function.
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function createHandler(
  { environment, callRpc, log }: Deps,
): (request: Request) => Promise<Response> {
  const share = shareInFlight<Answer>();

  async function answerInJson(query: MetricsQuery): Promise<Answer> {
    const asked = await askForMetrics(callRpc, query.jobName, windowOf(query));
    return asked.kind === "answered"
      ? jsonAnswer(asked.answer)
      : failed(asked.failure, query);
  }

  async function answerPrometheus(
    query: MetricsQuery,
    format: Exclude<Format, "json">,
  ): Promise<Answer> {
    if (query.days !== undefined || query.from || query.to) {
      return invalid("counters have no window: leave out days, from and to");
    }
    const asked = await askForCounters(callRpc);
    if (asked.kind === "failed") return failed(asked.failure, query);

    const { jobName } = query;
    const counters = jobName === undefined
      ? asked.answer
      : ofJob(asked.answer, jobName);
    if (jobName !== undefined && counters.jobs.length === 0) {
      return () => unknownJobAnswer(jobName);
    }
    const { text, contentType } = await expose(counters, format);
    return textAnswer(text, contentType);
  }

  function failed(failure: RpcFailure, { jobName }: MetricsQuery): Answer {
    const { code, message } = failure;
    if (code === "PT404" && jobName !== undefined) {
      return () => unknownJobAnswer(jobName);
    }
    log.error("metrics_failed", { code, message });
    return () => databaseFailureAnswer(failure);
  }

  const app = createFunctionApp("GET", log);
  app.get("*", requireReader(environment, log), async (context) => {
    const reading = readQuery(metricsQuery, context.req);
    if (!reading.ok) return errorAnswer(reading.error);

    const { query } = reading;
    const format = chooseFormat(query, context);
    const answer = await share(
      JSON.stringify([format, query]),
      () =>
        format === "json"
          ? answerInJson(query)
          : answerPrometheus(query, format),
    );
    return answer();
  });

  return async (request) => await app.fetch(request);
}

function invalid(reason: string): Answer {
  return () => errorAnswer(invalidQuery(reason));
}
