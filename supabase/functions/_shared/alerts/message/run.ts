import type { AlertedRun, AlertOf } from "../alert.ts";
import type { Facts, List, Message } from "./description.ts";
import { entry, facts, known, list, nameOf } from "./parts.ts";
import { multiLine } from "../../truncate.ts";
import {
  formatDuration,
  formatInstant,
  formatNumber,
  pluralize,
} from "../../format.ts";

export function failedMessage(
  { run_id, details: { run, occurrences } }: AlertOf<"run_failed">,
): Message {
  const repeated = occurrences !== null && occurrences > 1;
  return {
    summary: `The run failed${took(run, " after")}.${
      repeated
        ? ` It is the latest of ${formatNumber(occurrences)} failures in a row.`
        : ""
    }`,
    error: errorOf(run) ?? "The run has no error message.",
    parts: [runFacts(run_id, run), failedItems(run)],
    hasLogs: true,
  };
}

export function degradedMessage(
  { run_id, details: { run } }: AlertOf<"run_degraded">,
): Message {
  return {
    summary: `The run succeeded, but ${failedShare(run)} failed.`,
    error: errorOf(run),
    parts: [failedItems(run), runFacts(run_id, run)],
    hasLogs: true,
  };
}

export function succeededMessage(
  { run_id, details: { run } }: AlertOf<"run_succeeded">,
): Message {
  const withFailures = (run?.failed_items ?? 0) > 0;
  return {
    summary: `The run succeeded${took(run, " in")}${
      withFailures ? `, but ${failedShare(run)} failed` : ""
    }.`,
    parts: [runFacts(run_id, run), failedItems(run)],
    hasLogs: true,
  };
}

/** @returns the facts of a run from its log row; without the row, its id. */
export function runFacts(runId: string | null, run: AlertedRun | null): Facts {
  if (run === null) return facts(["Run", runId]);
  const { items_total, items_processed, failed_items } = run;
  return facts(
    ["Run", runId ?? run.id],
    ["Started", known(run.started_at, formatInstant)],
    ["Ended", known(run.completed_at, formatInstant)],
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

function failedShare(run: AlertedRun | null): string {
  const { failed_items: failed = null, items_total: total = null } = run ?? {};
  if (failed === null) return "some of its items";
  return total === null || total === 0
    ? pluralize(failed, "item")
    : `${formatNumber(failed)} of ${pluralize(total, "item")} (${
      Math.round(100 * failed / total)
    } %)`;
}
