import { z } from "zod";
import type { Json } from "../database.types.ts";
import type { CallRpc, RpcAnswer, RpcName } from "../rpc/client.ts";

/** A run as the log keeps it. */
export interface FakeRun {
  id: string;
  jobName: string;
  triggerSource: string;
  status: "running" | "success" | "failed";
  startedAt: string;
  completedAt: string | null;
  recordsUpdated: number;
  errorMessage: string | null;
  itemsTotal: number | null;
  itemsProcessed: number | null;
  itemsFailed: number | null;
  errors: { id: string; name: string | null; error: string }[];
  agencies: Map<string, number>;
  metadata: Record<string, Json | undefined>;
  /** Whether a batch was committed; only then are there counts. */
  worked: boolean;
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

const startArgs = z.strictObject({
  job_name: z.string(),
  run_id: z.guid(),
  trigger_source: z.enum(["cron", "manual", "catch_up"]),
});
const batchArgs = z.strictObject({
  run_id: z.guid(),
  batch_size: z.number().int().min(1).max(50_000),
});
const count = z.number().int().min(0);
const itemErrors = z.array(z.strictObject({
  id: z.string(),
  name: z.string().nullable(),
  error: z.string(),
}));
const progressArgs = z.strictObject({
  run_id: z.guid(),
  items_total: count,
  items_processed: count,
  items_failed: count.default(0),
  errors: itemErrors.optional(),
  records_updated: count.optional(),
});
const finishArgs = z.strictObject({
  run_id: z.guid(),
  status: z.enum(["success", "failed"]),
  error_message: z.string().optional(),
  metadata: z.record(z.string(), z.json()),
  records_updated: count.optional(),
  items_total: count.optional(),
  items_processed: count.optional(),
  items_failed: count.optional(),
  errors: itemErrors.optional(),
});

/** The database's side of a run, in memory. */
export class FakeRuns {
  readonly runs = new Map<string, FakeRun>();
  /** Every call in order, `at` in milliseconds. */
  readonly calls: { name: RpcName; at: number }[] = [];
  /** What each batch was allowed to update. */
  readonly batchSizes: number[] = [];
  /** Every report of progress, as it was sent. */
  readonly reports: z.output<typeof progressArgs>[] = [];
  /** Answers the calls of functions that are not about runs. */
  answerOther: (name: RpcName, args: unknown) => RpcAnswer = unknownFunction;
  /** Called before each batch, for what happens meanwhile elsewhere. */
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
      startedAt: new Date().toISOString(),
      completedAt: null,
      recordsUpdated: 0,
      errorMessage: null,
      itemsTotal: null,
      itemsProcessed: null,
      itemsFailed: null,
      errors: [],
      agencies: new Map(),
      metadata: {},
      worked: false,
    };
    this.runs.set(id, run);
    return run;
  }

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
    switch (name) {
      case "start_job_run":
        return withArgs(startArgs, args, (given) => this.#start(given));
      case "process_installment_batch":
        return await withArgs(batchArgs, args, (given) => this.#batch(given));
      case "report_job_progress":
        return withArgs(progressArgs, args, (given) => this.#report(given));
      case "finish_job_run":
        return withArgs(finishArgs, args, (given) => this.#finish(given));
      default:
        return this.answerOther(name, args);
    }
  }

  #start(args: z.output<typeof startArgs>): RpcAnswer {
    const own = this.runs.get(args.run_id);
    const holder = [...this.runs.values()].find((run) =>
      run.jobName === args.job_name && run.status === "running"
    );
    const acquired = own?.status === "running" || (!own && !holder);
    const run = own ?? holder ?? this.addRun(args.job_name, args.run_id);
    if (!own && !holder) run.triggerSource = args.trigger_source;

    return ok({
      acquired,
      run_id: run.id,
      status: run.status,
      started_at: run.startedAt,
      max_runtime_seconds: this.#maxRuntimeSeconds,
      remaining_seconds: this.#maxRuntimeSeconds -
        (Date.now() - Date.parse(run.startedAt)) / 1000,
    });
  }

  async #batch(
    { run_id, batch_size }: z.output<typeof batchArgs>,
  ): Promise<RpcAnswer> {
    const run = this.runs.get(run_id);
    this.batchSizes.push(batch_size);
    if (run) await this.beforeBatch(run, ++this.#batches);
    if (run?.status !== "running") return notRunning(run_id);

    let room = Math.min(this.#batchSize, batch_size);
    let updated = 0;
    for (const [agency, count] of this.#due) {
      const raised = this.#failing.get(agency);
      if (raised !== undefined) {
        run.errors.push({
          id: agency,
          name: `Agency ${agency}`,
          error: raised,
        });
        this.#due.delete(agency);
        continue;
      }
      const taken = Math.min(count, room);
      if (taken === 0) break;
      run.agencies.set(agency, (run.agencies.get(agency) ?? 0) + taken);
      updated += taken;
      room -= taken;
      if (taken === count) this.#due.delete(agency);
      else this.#due.set(agency, count - taken);
    }
    run.recordsUpdated += updated;
    run.worked = true;

    return ok({
      done: this.#due.size === 0,
      updated,
      records_updated: run.recordsUpdated,
      failed_agencies: run.errors.length,
    });
  }

  #report(args: z.output<typeof progressArgs>): RpcAnswer {
    this.reports.push(args);
    const run = this.runs.get(args.run_id);
    if (run?.status !== "running") return notRunning(args.run_id);
    this.#account(run, args);
    return ok({ items_processed: run.itemsProcessed });
  }

  #account(
    run: FakeRun,
    args: Omit<z.output<typeof finishArgs>, "status" | "metadata">,
  ): void {
    run.itemsTotal = args.items_total ?? run.itemsTotal;
    run.itemsProcessed = args.items_processed ?? run.itemsProcessed;
    run.itemsFailed = args.items_failed ?? run.itemsFailed;
    run.errors = args.errors ?? run.errors;
    run.recordsUpdated = args.records_updated ?? run.recordsUpdated;
  }

  #finish(args: z.output<typeof finishArgs>): RpcAnswer {
    const run = this.runs.get(args.run_id);
    if (!run) return databaseError("PT404", "there is no such run", 404);

    if (run.status === "running") {
      this.#account(run, args);
      const items = run.itemsTotal ?? run.agencies.size + run.errors.length;
      const failed = run.itemsFailed ?? run.errors.length;
      const tooMany = args.status === "success" && failed > items * 0.5;
      run.status = tooMany ? "failed" : args.status;
      run.errorMessage = tooMany
        ? `${failed} of ${items} items failed`
        : args.error_message ?? null;
      run.completedAt = new Date().toISOString();
      const counts = {
        agencies: [...run.agencies].map(([agency_id, updated_count]) => ({
          agency_id,
          updated_count,
          transitions: { pending_to_overdue: updated_count },
        })),
        total_agencies_processed: items,
      };
      run.metadata = { ...run.worked && counts, ...args.metadata };
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
      items_failed: run.itemsFailed ?? run.errors.length,
      error_message: run.errorMessage,
      errors: run.errors.length > 0 ? run.errors : null,
      metadata: run.metadata,
    });
  }
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

function notRunning(runId: string): RpcAnswer {
  return databaseError("PT409", `run ${runId} is not running any more`, 409);
}

function unknownFunction(name: string): RpcAnswer {
  return databaseError(
    "PGRST202",
    `Could not find the function public.${name} with these parameters`,
    404,
  );
}

function withArgs<Schema extends z.ZodType, Answer>(
  schema: Schema,
  args: unknown,
  execute: (args: z.output<Schema>) => Answer,
): Answer | RpcAnswer {
  // As over the wire, where an undefined argument is not sent.
  const given = schema.safeParse(JSON.parse(JSON.stringify(args)));
  return given.success ? execute(given.data) : unknownFunction("(…)");
}
