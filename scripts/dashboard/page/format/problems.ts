import type { HealthReport, JobReport, Reason } from "../api/client.ts";
import { distance } from "./text.ts";

/** Something that is wrong, with the job that it is wrong with. */
export interface ProblemOfJob extends Omit<Reason, "runbook"> {
  /** Null for what all jobs depend on. */
  readonly jobName: string | null;
  readonly job: JobReport | null;
}

// What causes others comes before what it causes.
const CAUSES_FIRST = [
  "database_copy",
  "scheduler_dead",
  "scheduler_full",
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

const EFFECTS_LAST = [
  "run_missed",
  "catch_up_given_up",
  "alerts_undelivered",
  "no_alert_channel",
  "no_last_resort",
  "success_rate_low",
  // As long as it is a warning, the first tick is still to come.
  "never_ran",
];

const FORGOTTEN_MS = 7 * 86_400_000;

/** @returns what is wrong, the most serious first, and causes before effects. */
export function problemsOf(
  { jobs, system, checkedAt }: HealthReport,
): ProblemOfJob[] {
  const all = [
    ...system.reasons.map((reason) => ({
      ...reason,
      jobName: null,
      job: null,
    })),
    ...jobs.flatMap((job) =>
      [...job.reasons, ...forgottenPause(job, Date.parse(checkedAt))]
        .map((reason) => ({ ...reason, jobName: job.jobName, job }))
    ),
  ].filter(({ severity }) => severity !== "info");
  const rank = ({ severity, code }: ProblemOfJob) => {
    const cause = CAUSES_FIRST.indexOf(code);
    return (severity === "critical" ? 0 : 100) +
      (cause === -1 ? CAUSES_FIRST.length : cause) +
      EFFECTS_LAST.indexOf(code) + 1;
  };
  return all.toSorted((a, b) => rank(a) - rank(b));
}

// A pause that nobody ends is not wrong, and still nothing runs. What was never
// turned on is known, and said on the job's card.
function forgottenPause(
  { paused, reasons }: JobReport,
  now: number,
): Omit<Reason, "runbook">[] {
  const since = Date.parse(paused?.requestedAt ?? "");
  return paused === null || paused.until !== null ||
      !(now - since > FORGOTTEN_MS) ||
      reasons.some(({ code }) => code === "not_turned_on")
    ? []
    : [{
      code: "paused",
      severity: "warning",
      message:
        `It was paused ${distance(since, now)} by ${paused.requestedBy} ` +
        `and nothing starts it until somebody resumes it: ${paused.reason}`,
    }];
}

/** @returns what is wrong, in the words for a heading. */
export function headline(
  { code, message, jobName, job }: ProblemOfJob,
): string {
  if (code === "alerts_undelivered") return cut(message);
  if (jobName === null) return firstSentence(message);
  switch (code) {
    case "last_run_failed":
      return `${jobName} fails. ${
        firstSentence(message.replace(/^The last run failed [^:]*: /, ""))
      }`;
    case "item_failing": {
      const [item, ...more] = job?.failingItems ?? [];
      if (item === undefined) break;
      const name = item.name ?? item.id;
      return more.length > 0
        ? `${
          more.length + 1
        } items are left out of ${jobName}: ${name} and others.`
        : `${name} is left out of ${jobName}.`;
    }
  }
  return `${jobName}: ${firstSentence(message)}`;
}

function firstSentence(text: string): string {
  const [sentence] = text.split(/(?<=[.?!])\s+(?=\p{Lu})/u, 1);
  return cut(sentence);
}

function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** @returns the sentence that answers: is all well? */
export function verdict(health: HealthReport): string {
  const [first] = problemsOf(health);
  return first === undefined ? "All is well." : headline(first);
}

/** @returns how many things are wrong, and what is silent on purpose. */
export function summary(health: HealthReport): string {
  const problems = problemsOf(health);
  const serious =
    problems.filter(({ severity }) => severity === "critical").length;
  const smaller = problems.length - serious;
  const sentences = [
    serious > 0 &&
    `${these(serious, "serious problem")}${
      smaller > 0 ? ` and ${these(smaller, "warning").toLowerCase()}` : ""
    }.`,
    serious === 0 && smaller > 0 &&
    `Every job runs. ${these(smaller, "warning")}.`,
    ...health.jobs.map(({ jobName, paused, snoozed }) =>
      paused
        ? `${jobName} is paused.`
        : snoozed
        ? `${jobName} is snoozed.`
        : false
    ),
  ];
  return sentences.filter((sentence) => sentence !== false).join(" ");
}

function these(count: number, unit: string): string {
  return count === 1 ? `One ${unit}` : `${count} ${unit}s`;
}
