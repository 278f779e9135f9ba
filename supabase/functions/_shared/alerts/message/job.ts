import type { AlertOf } from "../alert.ts";
import { type Message, pageAbout } from "./description.ts";
import { entry, facts, known, list, nameOf } from "./parts.ts";
import { failedItems, runFacts } from "./run.ts";
import {
  formatElapsed,
  formatInstant,
  formatNumber,
  pluralize,
} from "../../format.ts";

const hours = (value: number) => pluralize(value, "hour");

export function missedMessage(
  { raised_at, details }: AlertOf<"run_missed">,
): Message {
  const expected = known(details.expected_interval_hours, hours);
  return {
    summary: [
      lastRunSentences(details),
      expected && `A success is expected at least every ${expected}.`,
    ].filter(Boolean).join(" "),
    parts: [facts(
      ["Last run", ago(details.last_run_at, details.hours_since_last_run)],
      [
        "Last success",
        ago(details.last_success_at, details.hours_since_last_success),
      ],
      ["Expected every", expected],
      ["Noticed", formatInstant(raised_at)],
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

function ago(at: string | null, sinceHours: number | null): string {
  if (at === null) return "never";
  const since = known(sinceHours, hours);
  return since === null
    ? formatInstant(at)
    : `${formatInstant(at)} (${since} ago)`;
}

export function unhealthyMessage(
  { raised_at, details }: AlertOf<"job_unhealthy">,
): Message {
  const { reasons, last_run_at, hours_since_last_run } = details;
  return {
    summary: reasons.length > 1
      ? `The health check found ${formatNumber(reasons.length)} things that ` +
        "need a person."
      : "The health check found a problem that needs a person.",
    parts: [
      list(
        reasons.length > 1 ? "Reasons" : "Reason",
        reasons.map(({ code, message }) =>
          entry(null, message ?? code, known(code, pageAbout))
        ),
      ),
      facts(
        ["Last run", known(last_run_at, (at) => ago(at, hours_since_last_run))],
        ["Noticed", formatInstant(raised_at)],
      ),
    ],
  };
}

const PROBLEMS: Readonly<Record<string, string>> = {
  run_failed: "Failed runs",
  run_missed: "Missed runs",
  run_degraded: "Degraded runs",
  item_failing: "Failing items",
  job_unhealthy: "Bad health",
};

export function recoveredMessage(
  { run_id, raised_at, details: { run, problems } }: AlertOf<"job_recovered">,
): Message {
  const byRun = run !== null || run_id !== null;
  const lasted = formatElapsed(earliest(problems), raised_at);
  return {
    summary: [
      byRun
        ? "A run succeeded."
        : "The health check finds no problem any more.",
      lasted === null
        ? "The problem is resolved."
        : `The problem is resolved. It lasted ${lasted}.`,
    ].join(" "),
    parts: [
      list(
        "Resolved",
        problems.map((problem) =>
          entry(
            PROBLEMS[problem.kind ?? ""] ?? nameOf(problem.kind),
            lastedText(problem, raised_at),
          )
        ),
      ),
      byRun
        ? runFacts(run_id, run)
        : facts(["Noticed", formatInstant(raised_at)]),
      failedItems(run),
    ],
    hasLogs: byRun,
  };
}

type Problem = AlertOf<"job_recovered">["details"]["problems"][number];

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
): string {
  return [
    known(opened_at, (at) => `since ${formatInstant(at)}`),
    known(formatElapsed(opened_at, until), (time) => `for ${time}`),
    // For other kinds it counts checks and not failures.
    kind === "run_failed" ? known(occurrences, failures) : null,
  ].filter((part) => part !== null).join(", ");
}

const failures = (count: number) => pluralize(count, "failure");
