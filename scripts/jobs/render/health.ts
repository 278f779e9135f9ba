import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import type { Health, HealthReason, JobHealth } from "../api/answers.ts";
import { nextRunOf } from "../next_run.ts";
import { age } from "../text/age.ts";
import { wrap } from "../text/wrap.ts";
import { formatChannels } from "./channels.ts";
import { ifRoom, tableOf } from "./columns.ts";
import { toTheSecond } from "./instants.ts";
import { heading, inParts, paintStatus, type View } from "./view.ts";

/**
 * @param source the address of the project.
 * @returns the whole report: jobs, what is wrong, channels.
 */
export function formatHealth(
  health: Health,
  source: string,
  view: View,
): string {
  return inParts(
    `${paintStatus(health.status, view)}  ${source}, checked ` +
      toTheSecond(health.checkedAt),
    formatJobs(health, view),
    formatReasons(health, view),
    formatChannels(health.channels, view),
  );
}

function formatJobs(health: Health, view: View): string {
  if (health.jobs.length === 0) return "No job is registered.";
  const { now } = view;
  const { text, status, age, minute, format } = tableOf<JobHealth>(view);
  const next = (job: JobHealth) => nextRunOf(job, health, now);
  const nextAge = age("next run", next);
  return format([
    text("job", ({ jobName }) => jobName),
    status((job) => job.status),
    text("last run", ({ lastRun }) => runAndAge(lastRun, now)),
    text("succeeded", ({ lastSuccess }) => ageOrNever(lastSuccess, now)),
    text(
      "next run",
      (job) => job.registered && !job.enabled ? "disabled" : nextAge.value(job),
    ),
    ...ifRoom(
      text("schedule", ({ schedule }) => schedule),
      text(
        "30 days",
        ({ successRate30d: rate }) => rate === null ? "" : `${rate} %`,
        { align: "right" },
      ),
      minute("last run", ({ lastRun }) => lastRun?.startedAt),
      minute("last success", ({ lastSuccess }) => lastSuccess?.startedAt),
      minute("next run", next),
    ),
  ], health.jobs);
}

function runAndAge(run: JobHealth["lastRun"], now: Date): string {
  const since = ageOrNever(run, now);
  return run === null || run.status === "success"
    ? since
    : `${run.status} ${since}`;
}

function ageOrNever(
  run: { readonly startedAt: string } | null,
  now: Date,
): string {
  return run === null ? "never" : age(run.startedAt, now);
}

function formatReasons({ jobs, system }: Health, view: View): string {
  const groups = [
    { about: "All jobs", reasons: system.reasons },
    ...jobs.map(({ jobName, reasons }) => ({ about: jobName, reasons })),
  ];
  return inParts(
    ...groups
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ about, reasons }) =>
        [
          heading(singleLine(about), view),
          ...reasons.map((reason) => formatReason(reason, view)),
        ].join("\n")
      ),
  );
}

const REASON_INDENT = " ".repeat(10);

function formatReason(
  { severity, message, runbook }: HealthReason,
  view: View,
): string {
  const label = severity.padEnd(REASON_INDENT.length);
  const lines = wrap(label + singleLine(message), view.width, REASON_INDENT);
  return [
    lines.replace(severity, paintStatus(severity, view)),
    REASON_INDENT + view.colours.dim(singleLine(runbook)),
  ].join("\n");
}
