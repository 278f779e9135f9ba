import { requireReader } from "../_shared/auth/require-reader.ts";
import { readerVariables } from "../_shared/environment.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { unknownJob } from "../_shared/http/errors.ts";
import { invalidQuery, readQuery } from "../_shared/http/query.ts";
import type { Platform } from "../_shared/platform.ts";
import { RpcError } from "../_shared/rpc/failure.ts";
import { shareInFlight } from "../_shared/share-in-flight.ts";
import { countersOfJob, readCounters } from "./counters.ts";
import { expose, type Exposition } from "./exposition.ts";
import { chooseFormat, type Format } from "./format.ts";
import { readMetrics } from "./metrics.ts";
import { type MetricsQuery, metricsQuery, windowOf } from "./query.ts";

/** The environment variables that this function reads. */
export const variables = readerVariables;

export type Deps = Platform<typeof variables>;

/**
 * Creates `GET /job-metrics`: what the jobs did in a window of time, in JSON,
 * or, for Prometheus, what they have done since the beginning.
 *
 * Every caller sees all jobs, so an admin is answered with the rights of the
 * function: the numbers come from tables that no user may read. A read key gets
 * the kind of each error in place of its text, which can name a customer.
 *
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function createHandler(
  { environment, callRpc, log }: Deps,
): (request: Request) => Promise<Response> {
  const share = shareInFlight<Exposition>();

  async function answerInJson(
    query: MetricsQuery,
    withDetails: boolean,
  ): Promise<Exposition> {
    const { jobName } = query;
    try {
      const metrics = await readMetrics(
        callRpc,
        jobName,
        windowOf(query),
        withDetails,
      );
      return {
        contentType: "application/json",
        text: JSON.stringify(metrics),
      };
    } catch (error) {
      const isUnknown = error instanceof RpcError &&
        error.failure.code === "PT404" && jobName !== undefined;
      throw isUnknown ? unknownJob(jobName) : error;
    }
  }

  async function answerPrometheus(
    { jobName, days, from, to }: MetricsQuery,
    format: Exclude<Format, "json">,
  ): Promise<Exposition> {
    if (days !== undefined || from || to) {
      throw invalidQuery(
        "counters have no window: leave out days, from and to",
      );
    }
    const all = await readCounters(callRpc);
    const counters = jobName === undefined ? all : countersOfJob(all, jobName);
    if (jobName !== undefined && counters.jobs.length === 0) {
      throw unknownJob(jobName);
    }
    return await expose(counters, format);
  }

  const app = createFunctionApp("GET", log, "metrics_failed");
  app.get("*", requireReader(environment), async (context) => {
    const query = readQuery(metricsQuery, context.req);
    const format = chooseFormat(query, context);
    const { seesDetails } = context.get("reader");
    const { text, contentType } = await share(
      JSON.stringify([format, query, seesDetails]),
      () =>
        format === "json"
          ? answerInJson(query, seesDetails)
          : answerPrometheus(query, format),
    );
    return new Response(text, { headers: { "Content-Type": contentType } });
  });

  return async (request) => await app.fetch(request);
}
