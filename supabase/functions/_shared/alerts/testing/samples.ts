import type {
  Alert,
  AlertedJob,
  AlertedRun,
  AlertKind,
  AlertOf,
} from "../alert.ts";
import type { ClaimedDelivery } from "../outbox.ts";

export const RUN_ID = "0d8f4c1e-6b1a-4f0e-9a57-3c2f1b7d9e10";
const JOB = "update-installment-statuses";

/** A run as the log has it; by default it failed. */
export function sampleRun(changes: Partial<AlertedRun> = {}): AlertedRun {
  return {
    id: RUN_ID,
    started_at: "2026-11-22T07:00:00.412+00:00",
    completed_at: "2026-11-22T07:00:07.842+00:00",
    duration_ms: 7430,
    records_updated: 1250,
    items_total: null,
    items_processed: null,
    failed_items: 0,
    trigger_source: "cron",
    error_message:
      "process_installment_batch failed: canceling statement due to statement timeout (57014)",
    errors: [],
    ...changes,
  };
}

/** A registered job; by default its failed run is caught up. */
export function sampleJob(changes: Partial<AlertedJob> = {}): AlertedJob {
  return {
    description:
      "Marks pending installments overdue when their agency's cut-off on the due date has passed.",
    impact: "installments that have become overdue are still shown as pending",
    schedule: "0 7 * * *",
    next: "catch_up",
    catch_up_at: "2026-11-22T07:01:07.842+00:00",
    ...changes,
  };
}

// What starts the next run of a job whose last one was a success.
const WELL = sampleJob({ next: "schedule", catch_up_at: null });

const FAILED_AGENCIES = [
  {
    id: "a0000000-0000-4000-8000-000000000007",
    name: "Brisbane College of English",
    error: "trigger notify_crm: relation crm.events does not exist (42P01)",
  },
  {
    id: "a0000000-0000-4000-8000-000000000019",
    name: "Kiwi Pathways",
    error: "the amount must be positive (23514)",
  },
  {
    id: "a0000000-0000-4000-8000-000000000023",
    name: "Study Path Kathmandu",
    error: "trigger notify_crm: relation crm.events does not exist (42P01)",
  },
];

function envelope(number: number) {
  return {
    alert_id: `5a9e7c10-0000-4000-8000-${number.toString().padStart(12, "0")}`,
    job_name: JOB,
    run_id: RUN_ID,
    raised_at: "2026-11-22T07:00:07.842+00:00",
    reminder: 0,
  };
}

/** One alert of each kind, with all its facts. */
const SAMPLES: { readonly [Kind in AlertKind]: AlertOf<Kind> } = {
  run_failed: {
    ...envelope(1),
    kind: "run_failed",
    details: {
      job: sampleJob(),
      run: sampleRun({
        items_total: 24,
        items_processed: 9,
        failed_items: 3,
        errors: FAILED_AGENCIES,
      }),
      occurrences: 1,
    },
  },
  run_degraded: {
    ...envelope(2),
    kind: "run_degraded",
    details: {
      job: WELL,
      run: sampleRun({
        error_message: null,
        items_total: 12,
        items_processed: 12,
        failed_items: 3,
        errors: FAILED_AGENCIES,
      }),
    },
  },
  item_failing: {
    ...envelope(8),
    kind: "item_failing",
    details: {
      job: WELL,
      run: sampleRun({
        error_message: null,
        items_total: 24,
        items_processed: 24,
        failed_items: 1,
        errors: [FAILED_AGENCIES[1]],
      }),
      items_failing: 1,
      items: [{
        ...FAILED_AGENCIES[1],
        failures: 2,
        failing_since: "2026-11-21T07:00:00.398+00:00",
      }],
    },
  },
  run_succeeded: {
    ...envelope(3),
    kind: "run_succeeded",
    details: {
      job: WELL,
      run: sampleRun({
        error_message: null,
        items_total: 24,
        items_processed: 24,
      }),
    },
  },
  run_missed: {
    ...envelope(4),
    kind: "run_missed",
    run_id: null,
    raised_at: "2026-11-23T08:01:00.000+00:00",
    details: {
      job: sampleJob({ catch_up_at: "2026-11-23T08:01:00.000+00:00" }),
      last_run_at: "2026-11-22T07:00:00.412+00:00",
      last_success_at: "2026-11-22T07:00:00.412+00:00",
      hours_since_last_run: 25,
      hours_since_last_success: 25,
      expected_interval_hours: 25,
    },
  },
  job_recovered: {
    ...envelope(5),
    kind: "job_recovered",
    raised_at: "2026-11-22T10:12:09.100+00:00",
    details: {
      job: WELL,
      run: sampleRun({
        started_at: "2026-11-22T10:12:08.000+00:00",
        completed_at: "2026-11-22T10:12:09.100+00:00",
        duration_ms: 1100,
        error_message: null,
        items_total: 24,
        items_processed: 24,
        trigger_source: "catch_up",
      }),
      problems: [
        {
          kind: "run_failed",
          opened_at: "2026-11-22T07:00:07.842+00:00",
          occurrences: 4,
        },
        {
          kind: "run_missed",
          opened_at: "2026-11-22T08:01:00.000+00:00",
          occurrences: 2,
        },
      ],
    },
  },
  job_unhealthy: {
    ...envelope(6),
    kind: "job_unhealthy",
    run_id: null,
    raised_at: "2026-11-22T09:00:00.310+00:00",
    details: {
      job: WELL,
      reasons: [
        {
          code: "schedule_missing",
          message:
            "pg_cron has no entry update-installment-statuses-daily, so nothing starts the job.",
        },
        {
          code: "setting_missing",
          message:
            "The setting jobs_api_key is not in Vault, so the job cannot be called.",
        },
      ],
      last_run_at: "2026-11-22T07:00:00.412+00:00",
      hours_since_last_run: 2,
    },
  },
  heartbeat: {
    ...envelope(7),
    kind: "heartbeat",
    job_name: "duewatch",
    run_id: null,
    raised_at: "2026-11-23T08:00:00.000+00:00",
    details: {
      job: null,
      since: "2026-11-16T08:00:00.000+00:00",
      jobs: [
        {
          job_name: JOB,
          runs: 8,
          failed_runs: 1,
          last_success_at: "2026-11-23T07:00:00.398+00:00",
        },
        {
          job_name: "weekly-statements",
          runs: 1,
          failed_runs: 0,
          last_success_at: "2026-11-22T18:00:01.020+00:00",
        },
      ],
      warnings: [
        "update-installment-statuses took 71 seconds; 60 are expected at most.",
      ],
    },
  },
  test: {
    ...envelope(9),
    kind: "test",
    job_name: "duewatch-test",
    run_id: null,
    raised_at: "2026-11-22T09:30:00.000+00:00",
    details: {
      job: null,
      requested_by: "mario@example.com",
      reason: "The webhook was changed",
    },
  },
};

export const sampleAlerts: readonly Alert[] = Object.values(SAMPLES);

type DetailsOf<Kind extends AlertKind> = AlertOf<Kind>["details"];
type Changes<Kind extends AlertKind> =
  & Partial<Omit<AlertOf<Kind>, "details" | "kind">>
  & {
    readonly details?:
      & Omit<DetailsOf<Kind>, "job">
      & Partial<Pick<DetailsOf<Kind>, "job">>;
  };

/** @returns the sample of a kind, with changes. Its job stays unless changed. */
export function sampleAlert<Kind extends AlertKind>(
  kind: Kind,
  { details, ...changes }: Changes<Kind> = {},
): AlertOf<Kind> {
  const sample: AlertOf<Kind> = SAMPLES[kind];
  return {
    ...sample,
    ...changes,
    details: { job: sample.details.job, ...details ?? sample.details },
  } as AlertOf<Kind>;
}

let deliveries = 0;

/** @returns an alert on its way, with ids of its own. */
export function sampleDelivery(
  changes: Partial<Pick<ClaimedDelivery, "channel" | "job_name">> = {},
): ClaimedDelivery {
  deliveries += 1;
  return {
    ...sampleAlert("run_failed"),
    ...envelope(1000 + deliveries),
    channel: "slack",
    lease: `1ea5e000-0000-4000-8000-${deliveries.toString().padStart(12, "0")}`,
    leased_until: "2026-11-22T07:00:38.000+00:00",
    attempt: 1,
    ...changes,
  };
}
