import type { Json } from "../database.types.ts";
import { callChecked } from "../rpc/call.ts";
import type { CallRpc, RpcArgs } from "../rpc/client.ts";
import type { ItemLedger } from "./item-ledger.ts";
import {
  type FinishedRun,
  finishedRun,
  reportedProgress,
  type StartedRun,
  startedRun,
} from "./run-outcome.ts";
import type { Trigger } from "./trigger.ts";

// These calls touch a single row: a lost answer is noticed early.
const CALL_TIMEOUT_MS = 20_000;

/** How a run ends. */
export interface RunEnd {
  readonly status: "success" | "failed";
  readonly errorMessage?: string | undefined;
  readonly metadata: { [key: string]: Json | undefined };
  /** Instead of what the items have changed. */
  readonly recordsUpdated?: number | undefined;
}

/**
 * A run's row in `jobs_log`, which is all that is known of it outside this
 * process. Each method is one call, made once.
 *
 * @throws {RpcError} from every method.
 */
export class RunLog {
  readonly #callRpc: CallRpc;
  readonly #runId: string;
  /** Who this worker is: a second one with the same run id has another. */
  readonly #token = crypto.randomUUID();
  #errorsReported = 0;

  constructor(callRpc: CallRpc, runId: string) {
    this.#callRpc = callRpc;
    this.#runId = runId;
  }

  /** Opens the row or takes it over, unless the job or this run is at work. */
  async start(
    jobName: string,
    { triggerSource }: Trigger,
    signal: AbortSignal,
  ): Promise<StartedRun> {
    return await callChecked(
      this.#callRpc,
      "start_job_run",
      {
        job_name: jobName,
        run_id: this.#runId,
        trigger_source: triggerSource,
        token: this.#token,
      },
      startedRun,
      { signal, timeoutMs: CALL_TIMEOUT_MS },
    );
  }

  /** The result of the run, which has ended. Changes nothing. */
  async result(signal: AbortSignal): Promise<FinishedRun> {
    return await this.#finish({}, signal);
  }

  /** Writes how far the run has come with its items, or that it is at work. */
  async report(ledger: ItemLedger, signal: AbortSignal): Promise<void> {
    if (!ledger.isUsed) return await this.#reportAlive(signal);
    const { errors, ...counts } = itemsOf(ledger);
    await callChecked(
      this.#callRpc,
      "report_job_progress",
      {
        run_id: this.#runId,
        ...counts,
        // What the row names already need not be sent again.
        ...errors.length > this.#errorsReported && { errors },
      },
      reportedProgress,
      { signal, timeoutMs: CALL_TIMEOUT_MS },
    );
    this.#errorsReported = errors.length;
  }

  /** Closes the row. */
  async finish(
    ledger: ItemLedger,
    { status, errorMessage, metadata, recordsUpdated }: RunEnd,
    signal: AbortSignal,
  ): Promise<FinishedRun> {
    return await this.#finish({
      status,
      error_message: errorMessage,
      metadata,
      // Without items the database has counted by itself.
      ...ledger.isUsed && itemsOf(ledger),
      ...recordsUpdated !== undefined && { records_updated: recordsUpdated },
    }, signal);
  }

  async #finish(
    end: Partial<RpcArgs<"finish_job_run">>,
    signal: AbortSignal,
  ): Promise<FinishedRun> {
    return await callChecked(
      this.#callRpc,
      "finish_job_run",
      { ...end, run_id: this.#runId, token: this.#token },
      finishedRun,
      { signal, timeoutMs: CALL_TIMEOUT_MS },
    );
  }

  async #reportAlive(signal: AbortSignal): Promise<void> {
    await callChecked(
      this.#callRpc,
      "report_job_progress",
      { run_id: this.#runId },
      reportedProgress,
      { signal, timeoutMs: CALL_TIMEOUT_MS },
    );
  }
}

function itemsOf({ counts, errors, recordsUpdated }: ItemLedger) {
  return {
    records_updated: recordsUpdated,
    items_total: counts.total,
    items_processed: counts.processed,
    items_failed: counts.failed,
    errors: errors.map((error) => ({ ...error })),
  };
}
