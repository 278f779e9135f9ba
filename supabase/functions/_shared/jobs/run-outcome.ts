import { z } from "zod";
import { count, itemError, runStatus } from "../http/fields.ts";
import { row } from "../rpc/row.ts";

/** What `start_job_run` answers. */
export const startedRun = z.discriminatedUnion("acquired", [
  z.object({
    acquired: z.literal(true),
    started_at: z.string(),
    max_runtime_seconds: z.number().positive(),
    remaining_seconds: z.number(),
  }),
  z.object({
    acquired: z.literal(false),
    run_id: z.guid(),
    status: runStatus,
  }),
]);

/** What the log answers to the start. */
export type StartedRun = z.output<typeof startedRun>;

/** What `report_job_progress` answers. */
export const reportedProgress = z.object({
  items_processed: z.number().int().nullable(),
});

const runFields = z.object({
  runId: z.guid(),
  recordsUpdated: count,
  itemsTotal: count.nullable(),
  itemsProcessed: count.nullable().describe("Failed ones included."),
  itemsFailed: count,
  durationMs: z.number().min(0),
});

const failedItems = z.array(itemError);

/** What `finish_job_run` answers: the run as its log row has it. */
export const finishedRun = row(runFields.extend({
  status: z.enum(["success", "failed"]),
  errorMessage: z.string().nullable(),
  /** Where the success is to be reported; null for a run that is not. */
  pingUrl: z.string().nullable().default(null),
  errors: failedItems.nullable().transform((errors) => errors ?? []),
  metadata: z.record(z.string(), z.unknown()).nullable().transform(
    (metadata) => metadata ?? {},
  ),
}));

const result = runFields.pick({ runId: true, recordsUpdated: true }).extend({
  errors: failedItems.describe("The items that failed."),
  attempts: z.int().min(1).describe("1 when nothing had to be repeated."),
  durationMs: runFields.shape.durationMs,
  continued: z.literal(true).optional()
    .describe("There when its time was over: a further run does the rest."),
});

/**
 * What a job's function answers about a run that ended, failed or not.
 *
 * @param fields the job's own; see `Job.answer`.
 */
export function jobResult<Fields extends z.ZodRawShape>(fields: Fields) {
  return result.extend(fields);
}

/** The fields of a job that has none of its own. */
export const itemFields = runFields.pick({
  itemsTotal: true,
  itemsProcessed: true,
  itemsFailed: true,
}).shape;

/** A run that has reached a terminal state. */
export type FinishedRun = z.output<typeof finishedRun>;

/** Whether a success stopped because its time was over, with work left. */
export function isContinued({ status, metadata }: FinishedRun): boolean {
  return status === "success" && metadata.continued === true;
}

/** How many attempts a run took, as its log row has it. */
export function attemptsOf({ metadata }: FinishedRun): number {
  return z.int().min(1).catch(1).parse(metadata.attempts);
}

/** How a request to run a job ended. */
export type RunOutcome =
  | {
    readonly kind: "finished";
    readonly run: FinishedRun;
    /** 1 when nothing had to be repeated. */
    readonly attempts: number;
    /** An earlier request has executed it, and this is its result. */
    readonly isRepeat?: true;
  }
  /**
   * The run whose id this is was still going: another run of the job, or this
   * one in the hands of another request.
   */
  | { readonly kind: "already_running"; readonly runId: string }
  /** The run with this id is another job's. */
  | {
    readonly kind: "of_another_job";
    readonly runId: string;
    readonly message: string;
  }
  /** The run was not executed to its end, or its end is not logged. */
  | {
    readonly kind: UnfinishedKind;
    readonly runId: string;
    readonly message: string;
  };

/** Why there is no log row of how a run ended. */
export type UnfinishedKind =
  /** The database could not be asked, or refused: there is no running row. */
  | "not_started"
  /** The run's row was closed by someone else, usually the supervisor. */
  | "no_longer_running"
  /** The end of the run could not be logged. */
  | "left_running";
