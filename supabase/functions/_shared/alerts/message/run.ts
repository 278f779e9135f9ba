import type { AlertedRun, AlertOf } from "../alert.ts";
import type { Facts, List, Message, WriteInstant } from "./description.ts";
import {
  impactOf,
  isTriedAgain,
  namesOf,
  nextRunOf,
  scheduledRun,
  undoneIn,
} from "./job-words.ts";
import { entry, facts, known, list, nameOf } from "./parts.ts";
import { multiLine } from "../../truncate.ts";
import { formatDuration, formatNumber, pluralize } from "../../format.ts";

export function failedMessage(
  { run_id, raised_at, details }: AlertOf<"run_failed">,
  instant: WriteInstant,
): Message {
  const { run, occurrences, job } = details;
  const repeated = occurrences !== null && occurrences > 1;
  const undone = undoneIn(run);
  return {
    summary: [
      impactOf(job, "Until a run succeeds"),
      `The run failed${took(run, " after")}${undone ? `: ${undone}` : ""}.`,
      repeated
        ? `It is the latest of ${formatNumber(occurrences)} failures in a row.`
        : "",
    ].filter(Boolean).join(" "),
    next: nextRunOf(job, { raisedAt: raised_at, instant }),
    toDo: isTriedAgain(job) && !repeated
      ? "Read the error below. If it can pass by itself, wait for the next " +
        "attempt. Otherwise fix the cause."
      : "Fix the cause: the error is below, and the page says how. Then run " +
        "the job.",
    error: errorOf(run) ?? "The run has no error message.",
    parts: [runFacts(run_id, run, instant), failedItems(run)],
    hasLogs: true,
  };
}

export function degradedMessage(
  { run_id, raised_at, details: { run, job } }: AlertOf<"run_degraded">,
  instant: WriteInstant,
): Message {
  const next = scheduledRun(job, { raisedAt: raised_at, instant });
  return {
    summary: `${leftOut(run)} ${impactOf(job, "For them")} The other items ` +
      "are done.",
    next: `They are tried again by ${next}.`,
    toDo: "Fix what the errors below name. Nothing has to be undone.",
    error: errorOf(run),
    parts: [failedItems(run), runFacts(run_id, run, instant)],
    hasLogs: true,
  };
}

export function succeededMessage(
  { run_id, raised_at, details: { run, job } }: AlertOf<"run_succeeded">,
  instant: WriteInstant,
): Message {
  const withFailures = (run?.failed_items ?? 0) > 0;
  const next = scheduledRun(job, { raisedAt: raised_at, instant });
  const done = `The run succeeded${took(run, " in")}.`;
  return {
    summary: withFailures
      ? `${leftOut(run)} The other items are done. ${done}`
      : `The work of this job is done. ${done}`,
    next: withFailures
      ? `What failed is tried again by ${next}.`
      : `It goes on with ${next}.`,
    toDo: withFailures ? "Fix what the errors below name." : "Nothing.",
    parts: [runFacts(run_id, run, instant), failedItems(run)],
    hasLogs: true,
  };
}

/** @returns the facts of a run from its log row; without the row, its id. */
export function runFacts(
  runId: string | null,
  run: AlertedRun | null,
  instant: WriteInstant,
): Facts {
  if (run === null) return facts(["Run", runId]);
  const { items_total, items_processed, failed_items } = run;
  return facts(
    ["Run", runId ?? run.id],
    ["Started", known(run.started_at, instant)],
    ["Ended", known(run.completed_at, instant)],
    ["Duration", known(run.duration_ms, formatDuration)],
    ["Started by", known(run.trigger_source, startedBy)],
    ["Records updated", known(run.records_updated, formatNumber)],
    [
      "Items processed",
      known(items_processed, (processed) => outOf(processed, items_total)),
    ],
    ["Items failed", failed_items ? outOf(failed_items, items_total) : null],
  );
}

/** @returns the items that failed, by name. */
export function failedItems(run: AlertedRun | null): List {
  const { errors = [], failed_items = 0 } = run ?? {};
  return list(
    "Failed items",
    errors.map(({ id, name, error }) => entry(nameOf(name, id), error)),
    Math.max(0, (failed_items ?? 0) - errors.length),
  );
}

function errorOf(run: AlertedRun | null): string | null {
  return multiLine(run?.error_message ?? "") || null;
}

function startedBy(triggerSource: string): string {
  switch (triggerSource) {
    case "cron":
      return "the schedule";
    case "manual":
      return "a person";
    case "catch_up":
      return "the supervisor, to catch up";
    case "due":
      return "the supervisor, because something was due";
    default:
      return triggerSource;
  }
}

function took(run: AlertedRun | null, preposition: string): string {
  const time = known(run?.duration_ms ?? null, formatDuration);
  return time === null ? "" : `${preposition} ${time}`;
}

function outOf(part: number, whole: number | null): string {
  return whole === null
    ? formatNumber(part)
    : `${formatNumber(part)} of ${formatNumber(whole)}`;
}

/** @returns who was left out, in a sentence. */
function leftOut(run: AlertedRun | null): string {
  const { failed_items: failed = null, items_total: total = null } = run ?? {};
  const names = known(
    namesOf(run?.errors ?? [], failed ?? 0),
    (listed) => `: ${listed}`,
  ) ?? "";
  if (failed === null) return `Some items were left out${names}.`;
  const were = failed === 1 ? "was" : "were";
  return total === null || total === 0
    ? `${pluralize(failed, "item")} ${were} left out${names}.`
    : `${formatNumber(failed)} of ${pluralize(total, "item")} (${
      Math.round(100 * failed / total)
    } %) ${were} left out${names}.`;
}
