import { z } from "zod";
import { requireReader } from "../_shared/auth/require-reader.ts";
import { readerVariables } from "../_shared/environment.ts";
import { type Answer, jsonAnswer } from "../_shared/http/answer.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { errorAnswer } from "../_shared/http/errors.ts";
import { readQuery } from "../_shared/http/query.ts";
import { unknownJobAnswer } from "../_shared/jobs/unknown-job.ts";
import type { Platform } from "../_shared/platform.ts";
import { askOnce } from "../_shared/rpc/ask.ts";
import { type CallRpc, rpcThrough } from "../_shared/rpc/client.ts";
import { databaseFailureAnswer } from "../_shared/rpc/failure-answer.ts";
import type { RpcFailure } from "../_shared/rpc/failure.ts";
import { shareInFlight } from "../_shared/share-in-flight.ts";
import {
  logsQuery,
  type PageQuery,
  parseLogsQuery,
  type RunQuery,
} from "./query.ts";
import { askForPage, askForRun, cutPage } from "./runs.ts";

/** The environment variables that this function reads. */
export const variables = readerVariables;

export type Deps = Platform<z.output<z.ZodObject<typeof variables>>>;

/**
 * Creates `GET /job-logs`: runs, newest first, page by page, or one run. An
 * admin reads with their own rights, so that row level security has the last
 * word; a key reads with those of the function.
 *
 * @returns the handler of all requests to the function.
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function createHandler(
  { environment, callRpc, log }: Deps,
): (request: Request) => Promise<Response> {
  const share = shareInFlight<Answer>();

  async function answerRun(
    readersRpc: CallRpc,
    { id }: RunQuery,
  ): Promise<Answer> {
    const asked = await askForRun(readersRpc, id);
    if (asked.kind === "failed") return failed(asked.failure);

    return asked.answer.length > 0
      ? jsonAnswer(cutPage(asked.answer, 1))
      : () => unknownRunAnswer(id);
  }

  async function answerPage(
    readersRpc: CallRpc,
    query: PageQuery,
  ): Promise<Answer> {
    const asked = await askForPage(readersRpc, query);
    if (asked.kind === "failed") return failed(asked.failure);

    const { jobName } = query;
    if (asked.answer.data.length === 0 && jobName !== undefined) {
      // A misspelt name would look like a job without runs.
      // With the rights of the function: no user may see which jobs exist.
      const exists = await askOnce(callRpc, {
        name: "job_exists",
        args: { job_name: jobName },
        answer: z.boolean(),
      });
      if (exists.kind === "failed") return failed(exists.failure);
      if (!exists.answer) return () => unknownJobAnswer(jobName);
    }
    return jsonAnswer(asked.answer);
  }

  function failed(failure: RpcFailure): Answer {
    const { code, message } = failure;
    log.error("log_not_read", { code, message });
    return () => databaseFailureAnswer(failure);
  }

  const app = createFunctionApp("GET", log);
  app.get("*", requireReader(environment, log), async (context) => {
    const reading = readQuery(logsQuery, context.req);
    if (!reading.ok) return errorAnswer(reading.error);

    const query = parseLogsQuery(reading.query);
    const ask = (readersRpc: CallRpc) =>
      "id" in query
        ? answerRun(readersRpc, query)
        : answerPage(readersRpc, query);

    const reader = context.get("reader");
    const answer = reader.kind === "admin"
      ? await ask(rpcThrough(reader.client))
      : await share(JSON.stringify(query), () => ask(callRpc));
    return answer();
  });

  return async (request) => await app.fetch(request);
}

function unknownRunAnswer(id: string): Response {
  return errorAnswer({
    statusCode: 404,
    code: "unknown_run",
    message: `There is no run ${id}.`,
  });
}
