import type { AlertOf } from "../alert.ts";
import type { Message, WriteInstant } from "./description.ts";
import {
  impactOf,
  isTriedAgain,
  nextRunOf,
  scheduledRun,
} from "./job-words.ts";
import { entry, facts, known, list, nameOf } from "./parts.ts";
import { failedItems, runFacts } from "./run.ts";
import { formatElapsed, pluralize } from "../../format.ts";

const hours = (value: number) => pluralize(value, "hour");

export function missedMessage(
  { raised_at, details }: AlertOf<"run_missed">,
  instant: WriteInstant,
): Message {
  const expected = known(details.expected_interval_hours, hours);
  return {
    summary: [
      impactOf(details.job, "Until a run succeeds"),
      lastRunSentences(details),
      expected && `A success is expected at least every ${expected}.`,
    ].filter(Boolean).join(" "),
    next: nextRunOf(details.job, { raisedAt: raised_at, instant }),
    toDo: isTriedAgain(details.job)
      ? "Wait a few minutes. If no message says that the job has recovered, " +
        "find out why it does not run."
      : "Run the job, and find out why it did not run.",
    parts: [facts(
      [
        "Last run",
        ago(details.last_run_at, details.hours_since_last_run, instant),
      ],
      [
        "Last success",
        ago(details.last_success_at, details.hours_since_last_success, instant),
      ],
      ["Expected every", expected],
      ["Noticed", instant(raised_at)],
    )],
  };
}

function lastRunSentences(
  {
    last_run_at,
    last_success_at,
    hours_since_last_run,
    hours_since_last_success,
  }: AlertOf<"run_missed">["details"],
): string {
  if (last_run_at === null) return "The job has never run.";

  const lastRun = known(hours_since_last_run, hours);
  if (last_success_at === last_run_at && lastRun !== null) {
    return `The last run was ${lastRun} ago.`;
  }
  const lastSuccess = known(hours_since_last_success, hours);
  return [
    lastRun && `The last run was ${lastRun} ago and has not succeeded.`,
    lastSuccess
      ? `The last success was ${lastSuccess} ago.`
      : "No run has ever succeeded.",
  ].filter(Boolean).join(" ");
}

/** @returns an instant, and how many hours ago it was. */
export function ago(
  at: string | null,
  sinceHours: number | null,
  instant: WriteInstant,
): string {
  if (at === null) return "never";
  const since = known(sinceHours, hours);
  return since === null ? instant(at) : `${since} ago, ${instant(at)}`;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  run_failed: "Failed runs",
  run_missed: "Missed runs",
  run_degraded: "Degraded runs",
  item_failing: "Failing items",
  job_unhealthy: "Bad health",
};

const WORK_WAS_MISSING = ["run_failed", "run_missed"];

export function recoveredMessage(
  { run_id, raised_at, details }: AlertOf<"job_recovered">,
  instant: WriteInstant,
): Message {
  const { run, problems, job } = details;
  const byRun = run !== null || run_id !== null;
  const stillFailed = run?.failed_items ?? 0;
  return {
    summary: [
      whatIsWell(byRun, problems),
      known(
        formatElapsed(earliest(problems), raised_at),
        (lasted) => `The problem lasted ${lasted}.`,
      ),
      stillFailed > 0 ? `${pluralize(stillFailed, "item")} still failed.` : "",
    ].filter(Boolean).join(" "),
    next: `It goes on with ${
      scheduledRun(job, { raisedAt: raised_at, instant })
    }. No further message comes about this problem.`,
    toDo: stillFailed > 0
      ? "Fix what the failed items below name."
      : "Nothing.",
    parts: [
      list(
        "Resolved",
        problems.map((problem) =>
          entry(
            PROBLEMS[problem.kind ?? ""] ?? nameOf(problem.kind),
            lastedText(problem, raised_at, instant),
          )
        ),
      ),
      byRun
        ? runFacts(run_id, run, instant)
        : facts(["Noticed", instant(raised_at)]),
      failedItems(run),
    ],
    hasLogs: byRun,
  };
}

type Problem = AlertOf<"job_recovered">["details"]["problems"][number];

function whatIsWell(byRun: boolean, problems: readonly Problem[]): string {
  if (!byRun) return "The health check finds no problem any more.";
  const isCaughtUp = problems.some(({ kind }) =>
    WORK_WAS_MISSING.includes(kind ?? "")
  );
  return isCaughtUp
    ? "The work that was missing is done: a run succeeded."
    : "All is done again: a run succeeded.";
}

function earliest(problems: readonly Problem[]): string | null {
  return problems
    .map(({ opened_at }) => opened_at)
    .filter((at) => at !== null)
    .toSorted((one, other) => Date.parse(one) - Date.parse(other))
    .at(0) ?? null;
}

function lastedText(
  { kind, opened_at, occurrences }: Problem,
  until: string,
  instant: WriteInstant,
): string {
  return [
    known(opened_at, (at) => `since ${instant(at)}`),
    known(formatElapsed(opened_at, until), (time) => `for ${time}`),
    // For other kinds it counts checks and not failures.
    kind === "run_failed" ? known(occurrences, failures) : null,
  ].filter((part) => part !== null).join(", ");
}

const failures = (count: number) => pluralize(count, "failure");
