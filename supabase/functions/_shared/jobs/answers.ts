import { errorAnswer } from "../http/errors.ts";
import type { Job } from "./job.ts";
import {
  type FinishedRun,
  isContinued,
  type RunOutcome,
  type UnfinishedKind,
} from "./run-outcome.ts";

/**
 * Answers for a run that has ended, by this request or an earlier one.
 *
 * @returns 200 with what the run has done; or 500 `run_failed` with the same
 *   beside the error, since a failed run may have changed something too.
 */
export function finishedRunAnswer(
  { run, attempts }: Extract<RunOutcome, { kind: "finished" }>,
  describe: Job["answer"] = itemCounts,
): Response {
  const result = {
    runId: run.runId,
    recordsUpdated: run.recordsUpdated,
    ...describe(run),
    errors: run.errors,
    attempts,
    durationMs: run.durationMs,
    ...isContinued(run) && { continued: true },
  };

  return run.status === "success"
    ? Response.json({ success: true, ...result })
    : errorAnswer({
      statusCode: 500,
      code: "run_failed",
      message: run.errorMessage ?? "The run failed without a message.",
    }, { fields: result });
}

function itemCounts(
  { itemsTotal, itemsProcessed, itemsFailed }: FinishedRun,
) {
  return { itemsTotal, itemsProcessed, itemsFailed };
}

/**
 * Answers for a run that was not executed to its end.
 *
 * @returns 409 when there was nothing to do (`already_running` with the id of
 *   the run that holds the job, which may be this one) or the run id is
 *   another job's (`run_of_another_job`), 500 when the run
 *   failed without a final log row. `runId` stands beside `error`.
 */
export function unfinishedRunAnswer(
  outcome: Exclude<RunOutcome, { kind: "finished" }>,
): Response {
  const { runId } = outcome;
  const answer = (statusCode: 409 | 500, code: string, message: string) =>
    errorAnswer({ statusCode, code, message }, { fields: { runId } });

  switch (outcome.kind) {
    case "already_running":
      return answer(
        409,
        "already_running",
        `The job is already running: run ${runId} holds it.`,
      );
    case "of_another_job":
      return answer(
        409,
        "run_of_another_job",
        `The run was not started: ${outcome.message}.`,
      );
    default:
      return answer(
        500,
        `run_${outcome.kind}`,
        EXPLANATIONS[outcome.kind](runId) + outcome.message,
      );
  }
}

const EXPLANATIONS: Readonly<
  Record<UnfinishedKind, (runId: string) => string>
> = {
  not_started: (runId) => `Run ${runId} could not be started: `,
  no_longer_running: (runId) =>
    `Run ${runId} was ended while it was working, because it was cancelled or ` +
    "took longer than its max_runtime: ",
  left_running: () => "",
};
