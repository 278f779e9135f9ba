import { z } from "zod";
import { requireReader } from "../_shared/auth/require-reader.ts";
import { readerVariables } from "../_shared/environment.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { RequestError, unknownJob } from "../_shared/http/errors.ts";
import { readQuery } from "../_shared/http/query.ts";
import type { Platform } from "../_shared/platform.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import { type CallRpc, rpcThrough } from "../_shared/rpc/client.ts";
import { shareInFlight } from "../_shared/share-in-flight.ts";
import { DEFAULT_LIMIT, type LogsQuery, logsQuery } from "./query.ts";
import { type Page, readPage } from "./runs.ts";
import { readTimeline } from "./timeline.ts";

/** The environment variables that this function reads. */
export const variables = readerVariables;

export type Deps = Platform<typeof variables>;

/**
 * Creates `GET /job-logs`: runs, newest first, page by page, or one run. An
 * admin reads with their own rights, so that row level security has the last
 * word; a key reads with those of the function, and a read key gets no items
 * and the kinds of errors in place of their texts.
 *
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function createHandler(
  { environment, callRpc, log }: Deps,
): (request: Request) => Promise<Response> {
  const share = shareInFlight<Page>();

  async function read(
    readersRpc: CallRpc,
    query: LogsQuery,
    withDetails: boolean,
  ): Promise<Page> {
    const { id, jobName } = query;
    const [found, jobNames] = await Promise.all([
      readPage(readersRpc, query, withDetails),
      // With the rights of the function, as below.
      query.jobNames
        ? callChecked(callRpc, "list_job_names", {}, z.array(z.string()))
        : undefined,
    ]);
    const page = jobNames === undefined
      ? found
      : { ...found, meta: { ...found.meta, jobNames } };
    if (page.data.length > 0) {
      return id !== undefined && query.timeline
        ? { ...page, timeline: await readTimeline(callRpc, id, withDetails) }
        : page;
    }

    if (id !== undefined) {
      throw new RequestError(404, "unknown_run", `There is no run ${id}.`);
    }
    if (jobName !== undefined) {
      // A misspelt name would look like a job without runs. Asked with the
      // rights of the function: no user may see which jobs exist.
      const args = { job_name: jobName };
      const exists = await callChecked(
        callRpc,
        "job_exists",
        args,
        z.boolean(),
      );
      if (!exists) throw unknownJob(jobName);
    }
    return page;
  }

  const app = createFunctionApp("GET", log, "log_not_read");
  app.get("*", requireReader(environment), async (context) => {
    const query = readQuery(logsQuery, context.req);
    const reader = context.get("reader");
    return Response.json(
      reader.kind === "admin"
        ? await read(rpcThrough(reader.client), query, reader.seesDetails)
        : await share(
          JSON.stringify([
            { limit: DEFAULT_LIMIT, ...query },
            reader.seesDetails,
          ]),
          () => read(callRpc, query, reader.seesDetails),
        ),
    );
  });

  return async (request) => await app.fetch(request);
}
