import type { z } from "zod";
import type { Logger } from "../logger.ts";
import { type FailedAttempt, retryTransient } from "../retry.ts";
import { callChecked } from "../rpc/call.ts";
import type { CallRpc, RpcArgs, RpcName } from "../rpc/client.ts";
import { RpcError } from "../rpc/failure.ts";
import { TimeLimit } from "../time-limit.ts";
import { finishedRun, type RunOutcome, startedRun } from "./run-outcome.ts";
import type { Trigger } from "./trigger.ts";

/** What a job does, apart from being run, retried and logged. */
export interface Job {
  /** As in `jobs_log.job_name`. */
  readonly name: string;
  /**
   * Does the work. Called again after a transient error, so it must resume
   * from the state in the database.
   */
  readonly work: (run: JobRun) => Promise<void>;
}

/** The run as its job sees it. */
export interface JobRun {
  readonly id: string;
  /** 1 for the first; the work of a retry may choose smaller steps. */
  readonly attempt: number;
  readonly log: Logger;
  /**
   * Calls a database function and checks its answer.
   *
   * @throws {RpcError} when the call fails or the run has no time left. Let it
   *   pass: the run answers to it.
   */
  readonly call: <Name extends RpcName, Answer extends z.ZodType>(
    name: Name,
    args: RpcArgs<Name>,
    answer: Answer,
  ) => Promise<z.output<Answer>>;
  /** Tells how many records the run has updated so far. */
  readonly report: (recordsUpdated: number) => void;
}

export interface JobRunDeps {
  readonly callRpc: CallRpc;
  readonly log: Logger;
  /** How long the platform lets one request run. */
  readonly wallClockSeconds: number;
}

// A batch may use its whole statement time-out; the others touch a single row
// and get a lost answer noticed early.
const WORK_CALL_TIMEOUT_MS = 70_000;
const LOG_CALL_TIMEOUT_MS = 20_000;

// Time kept to close the log row, and then to answer.
const CLOSING_MARGIN_SECONDS = 10;
const ANSWER_MARGIN_SECONDS = 1;

const RUN_NO_LONGER_RUNNING = "PT409";

/**
 * How long a job may work within a limit, so that its end can still be logged.
 *
 * @param limitSeconds when the run is stopped from outside.
 * @returns milliseconds: 10 s less, but never less than half of a short limit.
 */
export function workingTimeMs(limitSeconds: number): number {
  return Math.max(limitSeconds - CLOSING_MARGIN_SECONDS, limitSeconds / 2) *
    1000;
}

/**
 * Runs a job once, from `start_job_run` to `finish_job_run`.
 *
 * The database decides whether the run may start (single flight per job) and
 * keeps its progress. Transient errors are retried at most three times in a
 * run, and as often again while its end is logged. The work stops in order
 * before the platform's limit or the job's `max_runtime`, and the run is then
 * logged as failed. It does not follow the request's own signal: a caller that
 * hangs up does not stop a run half-way.
 *
 * @returns how it ended; it does not reject for what the job or the database
 *   do.
 */
export async function executeJobRun(
  job: Job,
  trigger: Trigger,
  deps: JobRunDeps,
): Promise<RunOutcome> {
  const execution = new RunExecution(job, trigger, deps);
  try {
    return await execution.execute();
  } finally {
    execution.clearLimits();
  }
}

class RunExecution {
  readonly #job: Job;
  readonly #trigger: Trigger;
  readonly #callRpc: CallRpc;
  readonly #log: Logger;
  readonly #working: TimeLimit;
  readonly #closing: TimeLimit;

  #acquired = false;
  #attempts = 0;
  readonly #attemptErrors: {
    attempt: number;
    code: string;
    message: string;
    at: string;
  }[] = [];
  #recordsUpdated = 0;

  constructor(job: Job, trigger: Trigger, deps: JobRunDeps) {
    this.#job = job;
    this.#trigger = trigger;
    this.#callRpc = deps.callRpc;
    this.#log = deps.log.child({ runId: trigger.runId, jobName: job.name });
    this.#working = new TimeLimit(workingTimeMs(deps.wallClockSeconds));
    this.#closing = new TimeLimit(
      (deps.wallClockSeconds - ANSWER_MARGIN_SECONDS) * 1000,
    );
  }

  clearLimits(): void {
    this.#working.clear();
    this.#closing.clear();
  }

  async execute(): Promise<RunOutcome> {
    try {
      const refusal = await retryTransient(() => this.#attempt(), {
        signal: this.#working.signal,
        onFailedAttempt: (failed) => this.#recordFailure(failed),
      });
      return refusal ?? await this.#finish("success");
    } catch (error) {
      return await this.#fail(error);
    }
  }

  /** @returns nothing when the work is done, else why it may not begin. */
  async #attempt(): Promise<RunOutcome | undefined> {
    this.#attempts += 1;
    if (!this.#acquired) {
      const refusal = await this.#start();
      if (refusal) return refusal;
    }
    await this.#job.work({
      id: this.#trigger.runId,
      attempt: this.#attempts,
      log: this.#log,
      call: (name, args, answer) =>
        callChecked(this.#callRpc, {
          name,
          args,
          answer,
          timeoutMs: WORK_CALL_TIMEOUT_MS,
          signal: this.#working.signal,
        }),
      report: (recordsUpdated) => {
        this.#recordsUpdated = recordsUpdated;
      },
    });
  }

  async #start(): Promise<RunOutcome | undefined> {
    const started = await callChecked(this.#callRpc, {
      name: "start_job_run",
      args: {
        job_name: this.#job.name,
        run_id: this.#trigger.runId,
        trigger_source: this.#trigger.triggerSource,
      },
      answer: startedRun,
      timeoutMs: LOG_CALL_TIMEOUT_MS,
      signal: this.#working.signal,
    });

    if (!started.acquired) {
      const { run_id: holder, status } = started;
      this.#log.info("run_refused", { holder, status });
      return status === "running"
        ? { kind: "already_running", runId: holder }
        : { kind: "already_finished", runId: holder, status };
    }

    this.#acquired = true;
    this.#working.shortenTo(workingTimeMs(started.max_runtime_seconds));
    this.#log.info("run_started", {
      triggerSource: this.#trigger.triggerSource,
      maxRuntimeSeconds: started.max_runtime_seconds,
    });
  }

  #recordFailure({ attempt, error, retryInMs }: FailedAttempt): void {
    const failure = {
      attempt,
      code: error instanceof RpcError ? error.failure.code : error.name,
      message: error.message,
      at: new Date().toISOString(),
    };
    this.#attemptErrors.push(failure);
    this.#log.warn("attempt_failed", { ...failure, retryInMs });
  }

  async #fail(error: unknown): Promise<RunOutcome> {
    const runId = this.#trigger.runId;
    const message = this.#explain(error);

    if (error instanceof RpcError && error.failure.kind === "permanent") {
      if (!this.#acquired) {
        this.#log.error("run_not_started", { message });
        return { kind: "not_started", runId, message };
      }
      if (error.failure.code === RUN_NO_LONGER_RUNNING) {
        this.#log.error("run_no_longer_running", { message });
        return { kind: "no_longer_running", runId, message };
      }
    }

    // Without an answer to start_job_run the row may exist all the same.
    return await this.#finish("failed", message);
  }

  #explain(error: unknown): string {
    const { signal } = this.#working;
    if (signal.aborted && error === signal.reason) {
      return "The run was stopped before its time limit with at least " +
        `${this.#recordsUpdated} records updated; the next run continues ` +
        `with the rest (${signal.reason.message}).`;
    }
    return error instanceof Error ? error.message : String(error);
  }

  async #finish(
    status: "success" | "failed",
    errorMessage?: string,
  ): Promise<RunOutcome> {
    const runId = this.#trigger.runId;
    try {
      const run = await retryTransient(
        () =>
          callChecked(this.#callRpc, {
            name: "finish_job_run",
            args: {
              run_id: runId,
              status,
              error_message: errorMessage,
              metadata: {
                attempts: this.#attempts,
                attempt_errors: this.#attemptErrors,
              },
            },
            answer: finishedRun,
            timeoutMs: LOG_CALL_TIMEOUT_MS,
            signal: this.#closing.signal,
          }),
        {
          signal: this.#closing.signal,
          onFailedAttempt: ({ attempt, error, retryInMs }) =>
            this.#log.warn("finish_failed", {
              attempt,
              message: error.message,
              retryInMs,
            }),
        },
      );
      this.#log[run.status === "success" ? "info" : "error"]("run_finished", {
        status: run.status,
        recordsUpdated: run.records_updated,
        itemErrors: run.errors.length,
        errorMessage: run.error_message,
        durationMs: run.duration_ms,
        attempts: this.#attempts,
      });
      return { kind: "finished", run, attempts: this.#attempts };
    } catch (finishError) {
      return this.#leave(finishError, errorMessage);
    }
  }

  #leave(finishError: unknown, errorMessage?: string): RunOutcome {
    const runId = this.#trigger.runId;
    const reason = finishError instanceof Error
      ? finishError.message
      : String(finishError);

    if (!this.#acquired) {
      const message = errorMessage ?? reason;
      this.#log.error("run_not_started", { message, finishError: reason });
      return { kind: "not_started", runId, message };
    }

    const message = `The end of run ${runId} could not be logged, so it ` +
      "stays 'running' until the supervisor marks it failed: " +
      [reason, errorMessage].filter(Boolean).join("; before that: ");
    this.#log.error("run_left_running", { message });
    return { kind: "left_running", runId, message };
  }
}
