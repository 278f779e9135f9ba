import {
  channelVariables,
  configureChannels,
} from "../_shared/alerts/channels.ts";
import { requireOperator } from "../_shared/auth/require-operator.ts";
import { readerVariables } from "../_shared/environment.ts";
import { createFunctionApp } from "../_shared/http/app.ts";
import { limitBody, readBody } from "../_shared/http/body.ts";
import { RequestError } from "../_shared/http/errors.ts";
import type { Platform } from "../_shared/platform.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import { RpcError } from "../_shared/rpc/failure.ts";
import { row } from "../_shared/rpc/row.ts";
import { action } from "./action.ts";
import { controlBody, type ControlRequest } from "./request.ts";
import { followTest } from "./test-alert.ts";

/** The environment variables that this function reads. */
export const variables = { ...readerVariables, ...channelVariables };

export type Deps = Platform<typeof variables>;

// A run is waited for as long as the database waits for it.
const TIMEOUT_MS = 35_000;

/**
 * Creates `POST /job-control`: does what an operator asks of a job. The caller is
 * what the credential says, never what the request says.
 *
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function createHandler(
  { environment, callRpc, log, keepAlive }: Deps,
): (request: Request) => Promise<Response> {
  const channels = configureChannels(environment);

  async function act(request: ControlRequest, operator: string) {
    const { action: name, reason } = request;
    try {
      return await callChecked(
        callRpc,
        "control_job",
        {
          action: name,
          requested_by: operator,
          reason,
          ..."jobName" in request && { job_name: request.jobName },
          ..."runId" in request && { run_id: request.runId },
          ..."until" in request && { until: request.until },
          ..."channel" in request && { channel: request.channel },
          ..."schedule" in request && {
            schedule: request.schedule,
            ...request.expectedIntervalMinutes !== undefined && {
              expected_interval: `${request.expectedIntervalMinutes} minutes`,
            },
          },
        },
        row(action),
        { timeoutMs: TIMEOUT_MS },
      );
    } catch (error) {
      throw error instanceof RpcError ? refusalOf(request, error) : error;
    }
  }

  const app = createFunctionApp("POST", log, "action_failed");
  app.post(
    "*",
    requireOperator(environment),
    limitBody(),
    async (context) => {
      const request = await readBody(controlBody, context.req);
      const asked = await act(request, context.get("operator"));
      const done = request.action === "test_alert"
        ? await followTest(asked, { channels, callRpc, log, keepAlive })
        : asked;
      log.info("action_taken", { ...done });
      return Response.json(done);
    },
  );

  return async (request) => await app.fetch(request);
}

/** @returns what the database says against a request; or the error itself. */
function refusalOf(
  { action }: ControlRequest,
  error: RpcError,
): RequestError | RpcError {
  const { code, message } = error.failure;
  const sentence = `${message[0]?.toUpperCase()}${message.slice(1)}.`;
  switch (code) {
    case "22023":
      return new RequestError(400, "invalid_body", sentence);
    case "PT404":
    case "42704":
      return new RequestError(404, UNKNOWN[action], sentence);
    case "PT409":
      return new RequestError(409, CONFLICTS[action] ?? "conflict", sentence);
    default:
      return error;
  }
}

const UNKNOWN: Readonly<Record<ControlRequest["action"], string>> = {
  run: "unknown_job",
  pause: "unknown_job",
  resume: "unknown_job",
  reschedule: "unknown_job",
  snooze: "unknown_job",
  unsnooze: "unknown_job",
  cancel: "unknown_run",
  restore_schedule: "unknown_job",
  retry_alerts: "unknown_channel",
  test_alert: "unknown_alert",
};

const CONFLICTS: Readonly<
  Partial<Record<ControlRequest["action"], string>>
> = {
  run: "already_running",
  cancel: "run_already_finished",
};
