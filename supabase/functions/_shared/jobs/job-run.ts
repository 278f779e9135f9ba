import type { SupabaseClient } from "@supabase/supabase-js";
import type { z } from "zod";
import type { Database } from "../database.types.ts";
import type { EnvironmentOf } from "../environment.ts";
import type { Logger } from "../logger.ts";
import {
  type FailedAttempt,
  logFailedAttempts,
  retryTransient,
} from "../retry.ts";
import { callChecked } from "../rpc/call.ts";
import type { CallRpc } from "../rpc/client.ts";
import { RpcError } from "../rpc/failure.ts";
import { errorText } from "../error-text.ts";
import { AttemptLog } from "./attempt-log.ts";
import { forEachItem } from "./for-each-item.ts";
import { ItemLedger } from "./item-ledger.ts";
import type {
  ForEachItemOptions,
  Item,
  ItemCounts,
  Job,
  JobContext,
  JobResult,
} from "./job.ts";
import { OpenLists } from "./open-lists.ts";
import { ProgressReporter } from "./progress-reporter.ts";
import { recordCount } from "./record-count.ts";
import { type RunEnd, RunLog } from "./run-log.ts";
import { attemptsOf, isContinued, type RunOutcome } from "./run-outcome.ts";
import { RunTime } from "./run-time.ts";
import { storableJson } from "../storable.ts";
import type { Trigger } from "./trigger.ts";

/** What a run needs of the function that it is executed by. */
export interface JobRunDeps<Variables extends z.ZodRawShape> {
  readonly callRpc: CallRpc;
  readonly admin: SupabaseClient<Database>;
  readonly log: Logger;
  /** The checked values of the job's own variables. */
  readonly jobEnvironment: EnvironmentOf<Variables>;
  /** How long the platform lets one request run. */
  readonly wallClockSeconds: number;
}

// A call of the job may use its whole statement time-out.
const WORK_CALL_TIMEOUT_MS = 70_000;

const DEFAULT_LIST = "items";
const DEFAULT_CONCURRENCY = 4;
const CONFLICT = "PT409";

/**
 * Runs a job once, from `start_job_run` to `finish_job_run`.
 *
 * The database decides whether the run may start (single flight per job) and
 * keeps its progress. A second request for the same run does no work: it gets
 * the run's result when that has ended. Transient errors are retried at most
 * three times in a row without progress, and as often again while the run's end
 * is logged. The work stops in order
 * before the platform's limit or the job's `max_runtime`. The run is then a
 * success that is continued: a further run takes up the rest at once. The
 * database makes a failure of it when nothing was done. It does not follow the
 * request's own signal: a caller that hangs up does not stop a run half-way.
 *
 * @returns how it ended; it does not reject for what the job or the database
 *   do.
 */
export async function executeJobRun<Variables extends z.ZodRawShape>(
  job: Job<Variables>,
  trigger: Trigger,
  deps: JobRunDeps<Variables>,
): Promise<RunOutcome> {
  const execution = new RunExecution(job, trigger, deps);
  try {
    return await execution.execute();
  } finally {
    execution.clear();
  }
}

class RunExecution<Variables extends z.ZodRawShape> {
  readonly #job: Job<Variables>;
  readonly #trigger: Trigger;
  readonly #deps: JobRunDeps<Variables>;
  readonly #log: Logger;
  readonly #runLog: RunLog;
  readonly #time: RunTime;
  readonly #attempts = new AttemptLog();
  readonly #ledger = new ItemLedger();
  readonly #progress: ProgressReporter;

  #startedAt: string | undefined;
  /** What the work returned, once it is done. */
  #result: Pick<RunEnd, "recordsUpdated" | "metadata"> | undefined;

  constructor(
    job: Job<Variables>,
    trigger: Trigger,
    deps: JobRunDeps<Variables>,
  ) {
    this.#job = job;
    this.#trigger = trigger;
    this.#deps = deps;
    this.#log = deps.log.child({ runId: trigger.runId, jobName: job.name });
    this.#runLog = new RunLog(deps.callRpc, trigger.runId);
    this.#time = new RunTime(deps.wallClockSeconds);
    this.#progress = new ProgressReporter((signal) => this.#report(signal));
  }

  clear(): void {
    this.#time.clear();
  }

  async execute(): Promise<RunOutcome> {
    try {
      const refusal = await retryTransient(() => this.#attempt(), {
        signal: this.#time.working,
        onFailedAttempt: (failed) => this.#recordFailure(failed),
        hasProgressed: () => this.#attempts.takeProgress(),
      });
      if (refusal) return refusal;
    } catch (error) {
      // Work that ends just as its time is up is done all the same.
      if (this.#result === undefined) {
        if (!this.#isContinued(error)) return await this.#fail(error);
        this.#result = { metadata: { continued: true } };
        return await this.#finish("success", this.#explain(error));
      }
    }
    return await this.#finish("success");
  }

  /** Whether the time was over while an attempt was at work, in order. */
  #isContinued(error: unknown): boolean {
    return this.#startedAt !== undefined && this.#time.isOverInOrder(error) &&
      this.#attempts.isInOrder;
  }

  /** @returns nothing when the work is done, else why it may not begin. */
  async #attempt(): Promise<RunOutcome | undefined> {
    this.#attempts.begin();
    if (this.#startedAt === undefined) {
      const refusal = await this.#start();
      if (refusal) return refusal;
    }
    const { recordsUpdated, metadata = {} } = await this.#work();
    this.#assertListsAreDone();
    this.#result = {
      metadata: storableJson(metadata),
      ...recordsUpdated !== undefined &&
        { recordsUpdated: recordCount(recordsUpdated) },
    };
  }

  async #work(): Promise<JobResult> {
    const lists = new OpenLists(this.#time.working);
    this.#ledger.beginAttempt();
    try {
      const work = this.#job.run(this.#context(lists));
      return await this.#time.bound(work) ?? {};
    } finally {
      // What hangs beyond the end of the time is left behind.
      await this.#time.bound(lists.end()).catch(() => {});
    }
  }

  #assertListsAreDone(): void {
    const { processed, total } = this.#ledger.counts;
    if (processed === total) return;
    this.#time.working.throwIfAborted();
    throw new Error("The job returned before its items were done.");
  }

  async #start(): Promise<RunOutcome | undefined> {
    const started = await this.#runLog.start(
      this.#job.name,
      this.#trigger,
      this.#time.working,
    );

    if (!started.acquired) {
      const { run_id: holder, status } = started;
      this.#log.info("run_refused", { holder, status });
      if (status === "running") {
        return { kind: "already_running", runId: holder };
      }
      const run = await this.#runLog.result(this.#time.working);
      return {
        kind: "finished",
        run,
        attempts: attemptsOf(run),
        isRepeat: true,
      };
    }

    this.#startedAt = started.started_at;
    this.#time.limitTo(started.remaining_seconds);
    this.#progress.begin();
    this.#log.info("run_started", {
      triggerSource: this.#trigger.triggerSource,
      maxRuntimeSeconds: started.max_runtime_seconds,
    });
  }

  #context(lists: OpenLists): JobContext<EnvironmentOf<Variables>> {
    const { signal } = lists;
    return {
      runId: this.#trigger.runId,
      startedAt: this.#startedAt ?? "",
      triggerSource: this.#trigger.triggerSource,
      attempt: this.#attempts.inRow,
      environment: this.#deps.jobEnvironment,
      log: this.#log,
      signal,
      admin: this.#deps.admin,
      call: (name, args, answer) =>
        callChecked(this.#deps.callRpc, name, args, answer, {
          timeoutMs: WORK_CALL_TIMEOUT_MS,
          signal,
        }),
      progress: () => this.#noteProgress(),
      forEachItem: (items, work, options = {}) =>
        lists.add(this.#workThrough(items, work, { ...options, signal })),
    };
  }

  async #workThrough<Each extends Item>(
    items: readonly Each[],
    work: (item: Each, signal: AbortSignal) => Promise<number | void>,
    {
      list = DEFAULT_LIST,
      concurrency = DEFAULT_CONCURRENCY,
      signal,
    }: ForEachItemOptions & { readonly signal: AbortSignal },
  ): Promise<ItemCounts> {
    const { pending, entries } = this.#ledger.open(list, items);
    this.#progress.change();
    await forEachItem({ items: pending, work, concurrency }, {
      entries,
      signal,
      log: this.#log,
      onEntry: () => this.#noteProgress(),
    });
    return this.#ledger.counts;
  }

  #noteProgress(): void {
    this.#attempts.noteProgress();
    this.#progress.change();
  }

  async #report(signal: AbortSignal): Promise<void> {
    try {
      await this.#runLog.report(this.#ledger, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isNoLongerRunning(error)) this.#time.endWith(error);
      // The next report, or the end, includes this one.
      this.#log.warn("progress_not_reported", { message: errorText(error) });
    }
  }

  #recordFailure({ error, retryInMs }: FailedAttempt): void {
    this.#log.warn("attempt_failed", {
      ...this.#attempts.fail(error),
      retryInMs,
    });
  }

  async #fail(error: unknown): Promise<RunOutcome> {
    const runId = this.#trigger.runId;
    const message = this.#explain(error);

    if (error instanceof RpcError && error.failure.kind === "permanent") {
      if (this.#startedAt === undefined) {
        this.#log.error("run_not_started", { message });
        const kind = error.failure.code === CONFLICT
          ? "of_another_job"
          : "not_started";
        return { kind, runId, message: error.failure.message };
      }
      if (isNoLongerRunning(error)) {
        await this.#progress.stop();
        await this.#closeCancelled();
        this.#log.error("run_no_longer_running", { message });
        return { kind: "no_longer_running", runId, message };
      }
    }

    // Without an answer to start_job_run the row may exist all the same.
    return await this.#finish("failed", message);
  }

  /**
   * Ends the row of a run that was cancelled while a batch had it: the database
   * refuses the next call before it can end the row. A row that has ended stays
   * as it is.
   */
  async #closeCancelled(): Promise<void> {
    try {
      await this.#runLog.finish(
        this.#ledger,
        { status: "failed", metadata: {} },
        this.#time.closing,
      );
    } catch (error) {
      // The supervisor ends it within a minute.
      this.#log.warn("finish_failed", { message: errorText(error) });
    }
  }

  #explain(error: unknown): string {
    const reason = this.#time.isOver(error)
      ? "The run was stopped before its time limit; the next run continues " +
        `with the rest (${errorText(error)}).`
      : errorText(error);
    if (!this.#ledger.isUsed) return reason;
    const { processed, total } = this.#ledger.counts;
    return `${reason.replace(/[.\s]*$/, "")}. Until then ${processed} of ` +
      `${total} items had been processed; what they have changed stays.`;
  }

  async #finish(
    status: RunEnd["status"],
    errorMessage?: string,
  ): Promise<RunOutcome> {
    await this.#progress.stop();
    const end = {
      status,
      errorMessage,
      recordsUpdated: this.#result?.recordsUpdated,
      metadata: {
        ...this.#result?.metadata,
        ...this.#attempts.metadata,
      },
    };
    try {
      const { closing } = this.#time;
      const run = await retryTransient(
        () => this.#runLog.finish(this.#ledger, end, closing),
        {
          signal: closing,
          onFailedAttempt: logFailedAttempts(this.#log, "finish_failed"),
        },
      );
      this.#log[run.status === "success" ? "info" : "error"]("run_finished", {
        status: run.status,
        recordsUpdated: run.recordsUpdated,
        itemsTotal: run.itemsTotal,
        itemsProcessed: run.itemsProcessed,
        itemsFailed: run.itemsFailed,
        errorMessage: run.errorMessage,
        continued: isContinued(run),
        durationMs: run.durationMs,
        attempts: this.#attempts.made,
      });
      return { kind: "finished", run, attempts: this.#attempts.made };
    } catch (finishError) {
      return this.#leave(finishError, errorMessage);
    }
  }

  #leave(finishError: unknown, errorMessage?: string): RunOutcome {
    const runId = this.#trigger.runId;
    const reason = errorText(finishError);

    if (this.#startedAt === undefined) {
      if (isNoLongerRunning(finishError)) {
        this.#log.info("run_refused", { holder: runId, status: "running" });
        return { kind: "already_running", runId };
      }
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

function isNoLongerRunning(error: unknown): error is RpcError {
  return error instanceof RpcError &&
    error.failure.code === CONFLICT;
}
