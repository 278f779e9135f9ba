import type { AlertOf } from "../alert.ts";
import type { Message, WriteInstant } from "./description.ts";
import { entry, facts, known, list, nameOf } from "./parts.ts";
import { formatNumber, pluralize } from "../../format.ts";

export function heartbeatMessage(
  { raised_at, details: { since, jobs, warnings } }: AlertOf<"heartbeat">,
  instant: WriteInstant,
): Message {
  return {
    summary: warnings.length === 0
      ? "All jobs are healthy, and alerts reach you here."
      : `Nothing is broken, and alerts reach you here. There ${
        warnings.length === 1 ? "is" : "are"
      } ${pluralize(warnings.length, "warning")}.`,
    next: "This message comes every week.",
    toDo: `${
      warnings.length === 0
        ? "Nothing."
        : "Look at what is listed below when you have time."
    } If the message does not come, look: something is wrong.`,
    parts: [
      list(
        warnings.length === 1 ? "Warning" : "Warnings",
        warnings.map((warning) => entry(null, warning)),
      ),
      facts(
        ["From", known(since, instant)],
        ["To", instant(raised_at)],
        ["Jobs watched", formatNumber(jobs.length)],
        ["Runs", formatNumber(sum(jobs.map(({ runs }) => runs)))],
        ["Failed runs", formatNumber(sum(jobs.map((job) => job.failed_runs)))],
      ),
      list(
        "Jobs",
        jobs.map((job) => entry(nameOf(job.job_name), jobText(job, instant))),
      ),
    ],
  };
}

type WatchedJob = AlertOf<"heartbeat">["details"]["jobs"][number];

function jobText(
  { runs, failed_runs, last_success_at }: WatchedJob,
  instant: WriteInstant,
): string {
  return [
    known(runs, (count) => pluralize(count, "run")),
    known(failed_runs, (count) => `${formatNumber(count)} failed`),
    last_success_at === null
      ? "no success yet"
      : `last success ${instant(last_success_at)}`,
  ].filter((part) => part !== null).join(", ");
}

function sum(numbers: readonly (number | null)[]): number {
  return numbers.reduce<number>((total, each) => total + (each ?? 0), 0);
}
