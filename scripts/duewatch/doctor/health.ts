import type { Health } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";

/** Reasons of the health report that another check has named already. */
const SAME_AS: Readonly<Record<string, readonly string[]>> = {
  database_copy: ["database_copy"],
  setting_missing: ["setting_missing"],
  setting_unreadable: ["setting_unreadable"],
  scheduler_dead: ["scheduler_dead"],
  trigger_disabled: ["trigger_disabled", "object_missing"],
  own_entry_differs: ["own_entry_differs"],
  supervisor_silent: ["own_entry_differs", "scheduler_dead"],
  schedule_missing: ["schedule_differs"],
  schedule_differs: ["schedule_differs"],
  schedule_inactive: ["schedule_differs"],
  command_differs: ["schedule_differs"],
};

// What they need comes first.
const ORDER = [
  "scheduler_dead",
  "scheduler_full",
  "own_entry_differs",
  "own_entry_failing",
  "supervisor_silent",
  "supervisor_step_failing",
  "schedule_missing",
  "command_differs",
  "schedule_differs",
  "schedule_inactive",
  "disabled_but_scheduled",
  "paused_but_scheduled",
  "schedule_duplicated",
  "run_stuck",
  "catch_up_given_up",
  "last_run_failed",
  "run_missed",
  "alerts_undelivered",
];

const COMMANDS: Readonly<Record<string, string>> = {
  schedule_missing: "select jobs.restore_schedule();",
  own_entry_differs: "select jobs.schedule_supervision();",
  alerts_undelivered: "npx duewatch jobs alerts",
  last_run_failed: "npx duewatch jobs runs",
  run_missed: "npx duewatch jobs trigger",
};

/** Judges what the health report of the database says. */
export function healthFaults(
  { jobs, system }: Health,
  known: ReadonlySet<string>,
): Fault[] {
  const reasons = [
    ...system.reasons.map((reason) => ({ ...reason, job: null })),
    ...jobs.flatMap(({ job_name, reasons }) =>
      reasons.map((reason) => ({ ...reason, job: job_name }))
    ),
  ];
  return reasons
    .filter(({ severity }) => severity === "critical" || severity === "warning")
    .filter(({ code }) =>
      !(SAME_AS[code] ?? []).some((same) => known.has(same))
    )
    .toSorted((a, b) => rank(a.code) - rank(b.code))
    .map(({ code, severity, message, job }) =>
      fault(
        code,
        job === null ? message : `${job}: ${message}`,
        `See docs/runbooks/${code.replaceAll("_", "-")}.md.`,
        {
          severity: severity === "critical" ? "failure" : "warning",
          command: COMMANDS[code] ?? "",
        },
      )
    );
}

function rank(code: string): number {
  const place = ORDER.indexOf(code);
  return place < 0 ? ORDER.length : place;
}
