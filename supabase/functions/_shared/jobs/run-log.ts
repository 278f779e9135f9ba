import type { Json } from "../database.types.ts";
import { callChecked } from "../rpc/call.ts";
import type { CallRpc } from "../rpc/client.ts";
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
  #errorsReported = 0;

  constructor(callRpc: CallRpc, runId: string) {
    this.#callRpc = callRpc;
    this.#runId = runId;
  }

  /** Opens the row, unless the job or this run is there already. */
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
      },
      startedRun,
      { signal, timeoutMs: CALL_TIMEOUT_MS },
    );
  }

  /** Writes how far the run has come with its items. */
  async report(ledger: ItemLedger, signal: AbortSignal): Promise<void> {
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
    return await callChecked(
      this.#callRpc,
      "finish_job_run",
      {
        run_id: this.#runId,
        status,
        error_message: errorMessage,
        metadata,
        // Without items the database has counted by itself.
        ...ledger.isUsed && itemsOf(ledger),
        ...recordsUpdated !== undefined && { records_updated: recordsUpdated },
      },
      finishedRun,
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
