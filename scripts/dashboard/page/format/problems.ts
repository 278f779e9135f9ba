import type { HealthReport, JobReport, Reason } from "../api/client.ts";

/** Something that is wrong, with the job that it is wrong with. */
export interface ProblemOfJob extends Reason {
  /** Null for what all jobs depend on. */
  readonly jobName: string | null;
  readonly job: JobReport | null;
}

// What causes others comes before what it causes.
const CAUSES_FIRST = [
  "database_copy",
  "scheduler_dead",
  "setting_unreadable",
  "setting_missing",
  "supervisor_silent",
  "own_entry_differs",
  "trigger_disabled",
  "schedule_missing",
  "command_differs",
  "schedule_inactive",
  "disabled_but_scheduled",
];

/** @returns what is wrong, the most serious first, and causes before effects. */
export function problemsOf({ jobs, system }: HealthReport): ProblemOfJob[] {
  const all = [
    ...system.reasons.map((reason) => ({
      ...reason,
      jobName: null,
      job: null,
    })),
    ...jobs.flatMap((job) =>
      job.reasons.map((reason) => ({ ...reason, jobName: job.jobName, job }))
    ),
  ];
  const rank = ({ severity, code }: ProblemOfJob) => {
    const cause = CAUSES_FIRST.indexOf(code);
    return (severity === "critical" ? 0 : 100) +
      (cause === -1 ? CAUSES_FIRST.length : cause);
  };
  return all.toSorted((a, b) => rank(a) - rank(b));
}

/** @returns the sentence that answers: is all well? */
export function verdict(health: HealthReport): string {
  const problems = problemsOf(health);
  const critical = problems.filter(({ severity }) => severity === "critical");
  const warnings = problems.length - critical.length;
  const silent = health.jobs.filter(({ paused, snoozed }) => paused ?? snoozed);
  const aside = silent.length === 0
    ? ""
    : ` ${these(silent.length, "job")} paused or snoozed.`;
  if (critical.length === 0 && warnings === 0) {
    return `All is well.${aside}`;
  }
  if (critical.length === 0) {
    return `Everything works. ${
      warnings === 1 ? "One thing needs" : `${warnings} things need`
    } attention.${aside}`;
  }
  const more = warnings === 0
    ? ""
    : `, and ${warnings} smaller ${warnings === 1 ? "thing" : "things"}`;
  return `${
    critical.length === 1
      ? "One serious problem"
      : `${critical.length} serious problems`
  }${more}.${aside}`;
}

function these(count: number, unit: string): string {
  return count === 1 ? `One ${unit} is` : `${count} ${unit}s are`;
}
