import { z } from "zod";

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
    status: z.enum(["running", "success", "failed"]),
  }),
]);

/** What the log says of the start. */
export type StartedRun = z.output<typeof startedRun>;

/** What `report_job_progress` answers. */
export const reportedProgress = z.object({ items_processed: z.number().int() });

const itemError = z.object({
  id: z.string().nullable(),
  name: z.string().nullable(),
  error: z.string(),
});

/** What `finish_job_run` answers: the run as its log row tells it. */
export const finishedRun = z.object({
  run_id: z.guid(),
  status: z.enum(["success", "failed"]),
  records_updated: z.number().int(),
  items_total: z.number().int().nullable(),
  items_processed: z.number().int().nullable(),
  items_failed: z.number().int(),
  duration_ms: z.number(),
  error_message: z.string().nullable(),
  errors: z.array(itemError).nullable().transform((errors) => errors ?? []),
  metadata: z.record(z.string(), z.unknown()).nullable().transform(
    (metadata) => metadata ?? {},
  ),
});

/** A run that has reached a terminal state. */
export type FinishedRun = z.output<typeof finishedRun>;

/** How a request to run a job ended. */
export type RunOutcome =
  | {
    readonly kind: "finished";
    readonly run: FinishedRun;
    /** 1 when nothing had to be repeated. */
    readonly attempts: number;
  }
  /** Another run of the job, whose id this is, was still going. */
  | { readonly kind: "already_running"; readonly runId: string }
  /** This run was executed before. */
  | {
    readonly kind: "already_finished";
    readonly runId: string;
    readonly status: string;
  }
  /** The database could not be asked, or refused: there is no running row. */
  | {
    readonly kind: "not_started";
    readonly runId: string;
    readonly message: string;
  }
  /** The run's row was closed by someone else, usually the supervisor. */
  | {
    readonly kind: "no_longer_running";
    readonly runId: string;
    readonly message: string;
  }
  /** The end of the run could not be logged. */
  | {
    readonly kind: "left_running";
    readonly runId: string;
    readonly message: string;
  };
