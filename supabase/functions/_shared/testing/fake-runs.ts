import type { Json } from "../database.types.ts";
import type { CallRpc, RpcAnswer, RpcArgs, RpcName } from "../rpc/client.ts";

/** A run as the log keeps it. */
export interface FakeRun {
  id: string;
  jobName: string;
  triggerSource: string;
  status: "running" | "success" | "failed";
  /** Of the worker that has taken the run over. */
  token: string | null;
  startedAt: string;
  completedAt: string | null;
  recordsUpdated: number;
  errorMessage: string | null;
  itemsTotal: number | null;
  itemsProcessed: number | null;
  itemsFailed: number;
  errors: { id: string; name: string | null; error: string }[];
  agencies: Map<string, number>;
  metadata: Record<string, Json | undefined>;
}

/** What a caller sees instead of the database's answer. */
export interface Fault {
  readonly answer: RpcAnswer | "none until the caller gives up";
  /** The database did its part all the same; only its answer was lost. */
  readonly committed?: boolean;
}

export interface FakeRunsOptions {
  /** How many installments are due, by agency id. */
  readonly due?: ReadonlyMap<string, number>;
  /** Agencies whose update raises, with the error. */
  readonly failing?: ReadonlyMap<string, string>;
  readonly batchSize?: number;
  readonly maxRuntimeSeconds?: number;
}

type ItemArgs = Omit<
  RpcArgs<"finish_job_run">,
  "run_id" | "status" | "error_message" | "metadata" | "token"
>;

type ProgressReport =
  & RpcArgs<"report_job_progress">
  & { readonly items_total: number; readonly items_processed: number };

/**
 * The database's side of a run, in memory. `run-scenarios.ts` says what it has
 * in common with the database.
 */
export class FakeRuns {
  readonly runs = new Map<string, FakeRun>();
  /** Every call in order, `at` in milliseconds. */
  readonly calls: { name: RpcName; at: number }[] = [];
  /** What each batch was allowed to update. */
  readonly batchSizes: number[] = [];
  /** Every report of progress with counts, as it was sent. */
  readonly reports: ProgressReport[] = [];
  /** Answers the calls of functions that are not about runs. */
  answerOther: (name: RpcName, args: unknown) => RpcAnswer = unknownFunction;
  /** Called before each batch, for changes by others. */
  beforeBatch: (run: FakeRun, batch: number) => void | Promise<void> = () => {};

  readonly #due: Map<string, number>;
  readonly #failing: ReadonlyMap<string, string>;
  readonly #batchSize: number;
  readonly #maxRuntimeSeconds: number;
  readonly #faults = new Map<RpcName, Fault[]>();
  #batches = 0;

  constructor(
    {
      due = new Map(),
      failing = new Map(),
      batchSize = 5000,
      maxRuntimeSeconds = 600,
    }: FakeRunsOptions = {},
  ) {
    this.#due = new Map(due);
    this.#failing = failing;
    this.#batchSize = batchSize;
    this.#maxRuntimeSeconds = maxRuntimeSeconds;
  }

  /** Lets the next calls of a function fail, one fault each. */
  failNext(name: RpcName, ...faults: Fault[]): void {
    this.#faults.set(name, [...(this.#faults.get(name) ?? []), ...faults]);
  }

  /** Opens a run, as an earlier request would have. */
  addRun(jobName: string, id: string): FakeRun {
    const run: FakeRun = {
      id,
      jobName,
      triggerSource: "cron",
      status: "running",
      token: null,
      startedAt: new Date().toISOString(),
      completedAt: null,
      recordsUpdated: 0,
      errorMessage: null,
      itemsTotal: null,
      itemsProcessed: null,
      itemsFailed: 0,
      errors: [],
      agencies: new Map(),
      metadata: {},
    };
    this.runs.set(id, run);
    return run;
  }

  /** That of the database. */
  readonly fingerprint = "0123456789abcdef";

  /** When a function was called, in milliseconds after its first call. */
  delaysOf(name: RpcName): number[] {
    const times = this.calls
      .filter((call) => call.name === name)
      .map((call) => call.at);
    return times.map((at) => at - (times[0] ?? at));
  }

  readonly callRpc: CallRpc = async (name, args, signal) => {
    this.calls.push({ name, at: Date.now() });
    if (signal.aborted) return givenUp(signal);

    const fault = this.#faults.get(name)?.shift();
    if (!fault) return await this.#execute(name, args);
    if (fault.committed) await this.#execute(name, args);
    if (fault.answer !== "none until the caller gives up") return fault.answer;
    return await new Promise<RpcAnswer>((resolve) =>
      signal.addEventListener("abort", () => resolve(givenUp(signal)))
    );
  };

  async #execute(name: RpcName, args: unknown): Promise<RpcAnswer> {
    // As over the wire, where an undefined argument is not sent.
    const given = JSON.parse(JSON.stringify(args));
    switch (name) {
      case "is_this_database":
        return ok(given.fingerprint === this.fingerprint);
      case "start_job_run":
        return this.#start(given);
      case "process_installment_batch":
        return await this.#batch(given);
      case "report_job_progress":
        return this.#report(given);
      case "finish_job_run":
        return this.#finish(given);
      default:
        return this.answerOther(name, given);
    }
  }

  #start(
    {
      job_name,
      run_id = crypto.randomUUID(),
      trigger_source = "manual",
      token,
    }: RpcArgs<"start_job_run">,
  ): RpcAnswer {
    const own = this.runs.get(run_id);
    if (own && own.jobName !== job_name) {
      const message = `run ${run_id} belongs to the job ${own.jobName}`;
      return databaseError("PT409", message, 409);
    }
    const holder = [...this.runs.values()].find((run) =>
      run.jobName === job_name && run.status === "running"
    );
    const run = own ?? holder ?? this.addRun(job_name, run_id);
    if (!own && !holder) run.triggerSource = trigger_source;

    const isOwn = run.id === run_id && run.status === "running";
    if (isOwn && token !== undefined) run.token ??= token;

    return ok({
      acquired: isOwn && run.token === (token ?? null),
      run_id: run.id,
      status: run.status,
      started_at: run.startedAt,
      max_runtime_seconds: this.#maxRuntimeSeconds,
      remaining_seconds: this.#maxRuntimeSeconds -
        (Date.now() - Date.parse(run.startedAt)) / 1000,
    });
  }

  async #batch(
    { run_id, batch_size = 5000 }: RpcArgs<"process_installment_batch">,
  ): Promise<RpcAnswer> {
    const run = this.runs.get(run_id);
    this.batchSizes.push(batch_size);
    if (run) await this.beforeBatch(run, ++this.#batches);
    if (run?.status !== "running") return notRunning(run_id, run);

    const size = Math.min(this.#batchSize, batch_size);
    let picked = 0;
    let updated = 0;
    for (const [agency, count] of this.#due) {
      const taken = Math.min(count, size - picked);
      picked += taken;
      const error = this.#failing.get(agency);
      if (error !== undefined) {
        run.errors.push({
          id: agency,
          name: `Agency ${agency}`,
          error: `${error} (SQLSTATE P0001)`,
        });
      } else if (taken > 0) {
        run.agencies.set(agency, (run.agencies.get(agency) ?? 0) + taken);
        updated += taken;
      }
      if (taken === count || error !== undefined) this.#due.delete(agency);
      else this.#due.set(agency, count - taken);
    }
    run.recordsUpdated += updated;
    const done = picked < size;
    if (done) {
      run.itemsTotal = run.agencies.size + run.errors.length;
      run.itemsProcessed = run.itemsTotal;
    }
    run.metadata = {
      agencies: [...run.agencies]
        .toSorted(([, one], [, other]) => other - one)
        .map(([agency_id, updated_count]) => ({
          agency_id,
          updated_count,
          transitions: { pending_to_overdue: updated_count },
        })),
      ...done && { total_agencies_processed: run.itemsTotal },
    };

    return ok({
      done,
      updated,
      records_updated: run.recordsUpdated,
      failed_agencies: run.errors.length,
    });
  }

  #report(args: RpcArgs<"report_job_progress">): RpcAnswer {
    if (hasCounts(args)) this.reports.push(args);
    const run = this.runs.get(args.run_id);
    if (run?.status !== "running") return notRunning(args.run_id, run);

    // A report that a later one has overtaken changes nothing.
    const larger = (one: number | null, other: number | null = null) =>
      one === null && other === null ? null : Math.max(one ?? 0, other ?? 0);
    run.itemsTotal = larger(run.itemsTotal, args.items_total);
    run.itemsProcessed = larger(run.itemsProcessed, args.items_processed);
    run.itemsFailed = larger(run.itemsFailed, args.items_failed) ?? 0;
    run.recordsUpdated = larger(run.recordsUpdated, args.records_updated) ?? 0;
    const errors = (args.errors ?? []) as FakeRun["errors"];
    if (errors.length > run.errors.length) run.errors = errors;
    return ok({
      items_total: run.itemsTotal,
      items_processed: run.itemsProcessed,
      items_failed: run.itemsFailed,
      records_updated: run.recordsUpdated,
    });
  }

  #finish(
    { run_id, status, error_message, metadata, token, ...items }: RpcArgs<
      "finish_job_run"
    >,
  ): RpcAnswer {
    const run = this.runs.get(run_id);
    if (!run) return databaseError("PT404", `there is no run ${run_id}`, 404);

    if (run.status === "running") {
      if (run.token !== null && token !== undefined && run.token !== token) {
        return databaseError(
          "PT409",
          `run ${run_id} is running, and another worker has taken it over`,
          409,
        );
      }
      Object.assign(run, columnsOf(items));
      run.status = status === "failed" ? "failed" : "success";
      run.errorMessage = error_message ?? null;
      run.completedAt = new Date().toISOString();
      run.metadata = { ...run.metadata, ...metadata as FakeRun["metadata"] };

      const failed = failedItems(run);
      if (run.status === "success" && failed > (run.itemsTotal ?? 0) * 0.5) {
        run.status = "failed";
        run.errorMessage =
          `${failed} of ${run.itemsTotal} items failed, more than 50 %. ` +
          `The first: ${run.errors[0]?.error ?? ""}`;
      }
      if (run.status === "success" && run.metadata.continued === true) {
        const hasProgress = (run.itemsProcessed ?? 0) > failed ||
          run.recordsUpdated > 0;
        run.status = hasProgress ? "success" : "failed";
        if (hasProgress) run.errorMessage = null;
        else {
          delete run.metadata.continued;
          run.errorMessage ??=
            "The time of the run was over before anything was done.";
        }
      }
    }

    return ok({
      run_id: run.id,
      job_name: run.jobName,
      status: run.status,
      started_at: run.startedAt,
      completed_at: run.completedAt,
      duration_ms: Date.parse(run.completedAt ?? run.startedAt) -
        Date.parse(run.startedAt),
      records_updated: run.recordsUpdated,
      items_total: run.itemsTotal,
      items_processed: run.itemsProcessed,
      items_failed: failedItems(run),
      error_message: run.errorMessage,
      errors: run.errors,
      metadata: run.metadata,
    });
  }
}

function hasCounts(
  report: RpcArgs<"report_job_progress">,
): report is ProgressReport {
  return report.items_total !== undefined &&
    report.items_processed !== undefined;
}

/** The columns that `finish_job_run` sets; what is not given stays. */
function columnsOf(
  { records_updated, items_total, items_processed, items_failed, errors }:
    ItemArgs,
): Partial<FakeRun> {
  const columns = {
    recordsUpdated: records_updated,
    itemsTotal: items_total,
    itemsProcessed: items_processed,
    itemsFailed: items_failed,
    errors: errors as FakeRun["errors"] | undefined,
  };
  return Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  );
}

function failedItems({ itemsFailed, errors }: FakeRun): number {
  return Math.max(itemsFailed, errors.length);
}

/** No answer came: the connection could not be made, or broke. */
export const networkError: RpcAnswer = {
  status: 0,
  data: null,
  error: {
    message: "TypeError: fetch failed",
    details: "TypeError: fetch failed\n\nCaused by: Error: error sending " +
      "request: client error (Connect): Connection refused (os error 111)",
    hint: "",
    code: "",
  },
};

/** An error that the database raised. */
export function databaseError(
  code: string,
  message: string,
  status = 500,
): RpcAnswer {
  return {
    status,
    data: null,
    error: { code, message, details: null, hint: null },
  };
}

function ok(data: Json): RpcAnswer {
  return { status: 200, data, error: null };
}

function givenUp({ reason }: AbortSignal): RpcAnswer {
  return {
    status: 0,
    data: null,
    error: {
      message: `${reason.name}: ${reason.message}`,
      details: "",
      hint: "",
      code: "",
    },
  };
}

function notRunning(runId: string, run: FakeRun | undefined): RpcAnswer {
  return run === undefined
    ? databaseError("PT404", `there is no run ${runId}`, 404)
    : databaseError("PT409", `run ${runId} is not running any more`, 409);
}

function unknownFunction(name: string): RpcAnswer {
  return databaseError(
    "PGRST202",
    `Could not find the function public.${name} with these parameters`,
    404,
  );
}
