import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import { pluralize } from "../../../supabase/functions/_shared/format.ts";
import type { Health, HealthReason, JobHealth } from "../api/answers.ts";
import { nextRunOf } from "../next_run.ts";
import { age } from "../text/age.ts";
import { wrap } from "../text/wrap.ts";
import { formatChannels } from "./channels.ts";
import { ifRoom, tableOf } from "./columns.ts";
import { toTheSecond } from "./instants.ts";
import { failedItemText } from "./run_facts.ts";
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
      (job) => whyNotStarted(job) ?? nextAge.value(job),
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

function whyNotStarted(
  { registered, enabled, paused }: JobHealth,
): string | undefined {
  if (registered && !enabled) return "disabled";
  return paused === null ? undefined : "paused";
}

function runAndAge(run: JobHealth["lastRun"], now: Date): string {
  const since = ageOrNever(run, now);
  if (run === null) return since;
  if (run.status !== "success") return `${run.status} ${since}`;
  return run.failedItems === 0
    ? since
    : `${since}, ${pluralize(run.failedItems, "item")} failed`;
}

function ageOrNever(
  run: { readonly startedAt: string } | null,
  now: Date,
): string {
  return run === null ? "never" : age(run.startedAt, now);
}

function formatReasons({ jobs, system }: Health, view: View): string {
  const groups = [
    {
      about: "All jobs",
      actions: [],
      reasons: system.reasons,
      failingItems: [],
    },
    ...jobs.map((job) => ({
      about: job.jobName,
      actions: formatActions(job, view),
      reasons: job.reasons,
      failingItems: job.failingItems,
    })),
  ];
  return inParts(
    ...groups
      .filter(({ actions, reasons }) => actions.length + reasons.length > 0)
      .map(({ about, actions, reasons, failingItems }) =>
        [
          heading(singleLine(about), view),
          ...actions,
          ...reasons.map((reason) => formatReason(reason, view)),
          ...failingItems.map((item) =>
            wrap(ITEM_LABEL + failedItemText(item), view.width, REASON_INDENT)
          ),
        ].join("\n")
      ),
  );
}

/** @returns why, and until when, a job is paused or snoozed. */
function formatActions({ paused, snoozed }: JobHealth, view: View): string[] {
  return Object.entries({ paused, snoozed }).flatMap(([label, action]) => {
    if (action === null) return [];
    const { until, requestedBy, reason } = action;
    const end = until === null
      ? "until it is resumed"
      : `until ${toTheSecond(until)}`;
    return wrap(
      label.padEnd(REASON_INDENT.length) +
        singleLine(`${end}, by ${requestedBy}: ${reason}`),
      view.width,
      REASON_INDENT,
    );
  });
}

const REASON_INDENT = " ".repeat(10);
const ITEM_LABEL = "item".padEnd(REASON_INDENT.length);

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
