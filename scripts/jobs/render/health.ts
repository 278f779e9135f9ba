import { singleLine } from "../../../supabase/functions/_shared/text.ts";
import { formatTable } from "../../stack/table.ts";
import type { Health, HealthReason, JobHealth } from "../api/answers.ts";
import { nextRunOf } from "../next_run.ts";
import { age } from "../text/age.ts";
import { wrap } from "../text/wrap.ts";
import { formatChannels } from "./channels.ts";
import { toTheMinute, toTheSecond } from "./instants.ts";
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
  const next = (job: JobHealth) => nextRunOf(job, health, now);
  return formatTable<JobHealth>(
    [
      { title: "job", value: ({ jobName }) => singleLine(jobName) },
      {
        title: "status",
        value: ({ status }) => status,
        paint: (status) => paintStatus(status, view),
      },
      { title: "last run", value: ({ lastRun }) => runAndAge(lastRun, now) },
      {
        title: "succeeded",
        value: ({ lastSuccess }) => ageOrNever(lastSuccess, now),
      },
      {
        title: "next run",
        value: (job) => {
          if (job.registered && !job.enabled) return "disabled";
          const instant = next(job);
          return instant === null ? "" : age(instant, now);
        },
      },
      {
        title: "schedule",
        value: ({ schedule }) => singleLine(schedule ?? ""),
        whenNarrow: "drop",
      },
      {
        title: "30 days",
        align: "right",
        value: ({ successRate30d }) =>
          successRate30d === null ? "" : `${successRate30d} %`,
        whenNarrow: "drop",
      },
      {
        title: "last run (UTC)",
        value: ({ lastRun }) => lastRun ? toTheMinute(lastRun.startedAt) : "",
        whenNarrow: "drop",
      },
      {
        title: "last success (UTC)",
        value: ({ lastSuccess }) =>
          lastSuccess ? toTheMinute(lastSuccess.startedAt) : "",
        whenNarrow: "drop",
      },
      {
        title: "next run (UTC)",
        value: (job) => {
          const instant = next(job);
          return instant === null ? "" : toTheMinute(instant);
        },
        whenNarrow: "drop",
      },
    ],
    health.jobs,
    { maxWidth: view.width },
  );
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

/** @returns the reasons of each job; empty when all jobs are healthy. */
export function formatReasons(
  { jobs, system }: Health,
  view: View,
): string {
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
