import { z } from "zod";

/** What an alert can be about; docs/runbooks has a page on each. */
export const alertKind = z.enum([
  "run_failed",
  "run_degraded",
  "item_failing",
  "run_succeeded",
  "run_missed",
  "job_recovered",
  "job_unhealthy",
  "heartbeat",
  "test",
]);

export type AlertKind = z.output<typeof alertKind>;

// An alert has to be sent even when one of its facts has another type: then the
// fact is missing from the message.
const text = z.string().nullable().catch(null);
const number = z.number().nullable().catch(null);
const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).catch([]);

const failedItem = z.object({ id: text, name: text, error: text });

const run = z.object({
  id: text,
  started_at: text,
  completed_at: text,
  duration_ms: number,
  records_updated: number,
  items_total: number,
  items_processed: number,
  /** How many items failed; `errors` has the first of them. */
  failed_items: number,
  trigger_source: text,
  error_message: text,
  errors: listOf(failedItem),
}).nullable().catch(null);

const failingItem = failedItem.extend({
  /** In how many runs in a row. */
  failures: number,
  failing_since: text,
});

const problem = z.object({ kind: text, opened_at: text, occurrences: number });
const reason = z.object({ code: text, message: text });
const watchedJob = z.object({
  job_name: text,
  runs: number,
  failed_runs: number,
  last_success_at: text,
});

const alertedJob = z.object({
  /** What the job does, in the words of its definition. */
  description: text,
  /** What it means for people when it is not done, in the same words. */
  impact: text,
  /** Its cron expression, in UTC. */
  schedule: text,
  /** What starts the next run. */
  next: z.enum(["catch_up", "given_up", "schedule", "paused", "disabled"])
    .nullable().catch(null),
  /** The earliest instant of the next catch-up run. */
  catch_up_at: text,
}).nullable().catch(null);

const envelope = {
  alert_id: z.guid(),
  job_name: z.string(),
  run_id: z.guid().nullable(),
  raised_at: z.string(),
  /** 0 for the first alert of an incident, n for its n-th daily repetition. */
  reminder: z.number().int().min(0),
};

function alertOf<Kind extends AlertKind, Details extends z.ZodRawShape>(
  kind: Kind,
  details: Details,
) {
  return z.object({
    ...envelope,
    kind: z.literal(kind),
    details: z.object({
      ...details,
      /** Null for a job that is not registered, and where there is none. */
      job: alertedJob,
    }),
  });
}

/**
 * An alert as the database wrote it down when it was raised. It never changes,
 * so every attempt to send it renders the same message. Instants are ISO 8601;
 * a fact that is not known is null.
 */
export const alert = z.discriminatedUnion("kind", [
  alertOf("run_failed", { run, occurrences: number }),
  alertOf("run_degraded", { run }),
  alertOf("item_failing", {
    run,
    /** `items` has the first of them. */
    items_failing: number,
    items: listOf(failingItem),
  }),
  alertOf("run_succeeded", { run }),
  alertOf("run_missed", {
    last_run_at: text,
    last_success_at: text,
    hours_since_last_run: number,
    hours_since_last_success: number,
    expected_interval_hours: number,
  }),
  alertOf("job_recovered", { run, problems: listOf(problem) }),
  alertOf("job_unhealthy", {
    reasons: listOf(reason),
    last_run_at: text,
    hours_since_last_run: number,
  }),
  alertOf("heartbeat", {
    since: text,
    jobs: listOf(watchedJob),
    warnings: listOf(z.string()),
  }),
  alertOf("test", { requested_by: text, reason: text }),
]);

export type Alert = z.output<typeof alert>;

/** The run that an alert is about, as its log row was. */
export type AlertedRun = NonNullable<z.output<typeof run>>;

/** The job that an alert is about, as it was registered. */
export type AlertedJob = NonNullable<z.output<typeof alertedJob>>;

/** An alert of one kind. */
export type AlertOf<Kind extends AlertKind> = Extract<
  Alert,
  { readonly kind: Kind }
>;
