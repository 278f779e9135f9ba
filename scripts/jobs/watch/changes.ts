import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import {
  formatDuration,
  pluralize,
} from "../../../supabase/functions/_shared/format.ts";
import type { HealthReason, Run } from "../api/answers.ts";
import { toTheSecond } from "../render/instants.ts";
import { shortId, soFar } from "../render/runs.ts";
import { paintStatus, type View } from "../render/view.ts";
import type { Snapshot } from "./snapshot.ts";

/** Something that is not as it was. */
export interface Change {
  /** A job, or all of them. */
  readonly about: string;
  readonly status: string;
  readonly text: string;
}

/**
 * Says what is different from one look to the next.
 *
 * @param before null at the first look: all jobs and all running runs are changes.
 * @returns what runs did, in the order in which they started; then how jobs
 *   are, where that has changed.
 */
export function changesBetween(
  before: Snapshot | null,
  after: Snapshot,
  now: Date,
): Change[] {
  return [
    ...changedRuns(before, after).map((run) => ({
      about: run.jobName,
      status: run.status,
      text: textOf(run, now),
    })),
    ...changedHealth(before, after),
  ];
}

/** @returns a change in one line, with the instant at which it was seen. */
export function formatChange(
  { about, status, text }: Change,
  view: View,
): string {
  const moment = toTheSecond(view.now.toISOString());
  return [moment, singleLine(about), paintStatus(status, view), text]
    .filter((part) => part !== "")
    .join("  ");
}

function changedRuns(before: Snapshot | null, after: Snapshot): Run[] {
  const changed = before === null
    ? after.running
    : [...after.runs.values()].filter(({ id, status }) =>
      before.runs.get(id)?.status !== status
    );
  return changed.toSorted((one, other) =>
    Date.parse(one.startedAt) - Date.parse(other.startedAt)
  );
}

function textOf(run: Run, now: Date): string {
  const name = `run ${shortId(run.id)}`;
  const time = formatDuration(soFar(run, now));
  switch (run.status) {
    case "running":
      return run.triggerSource === null
        ? name
        : `${name} (${singleLine(run.triggerSource)})`;
    case "success":
      return `${name} in ${time}, ${pluralize(run.recordsUpdated, "row")}`;
    case "failed":
      return `${name} after ${time}: ${
        singleLine(run.errorMessage ?? "") || "no message"
      }`;
  }
}

interface Judged {
  readonly about: string;
  readonly status: string;
  readonly reasons: readonly HealthReason[];
}

function changedHealth(before: Snapshot | null, after: Snapshot): Change[] {
  const known = new Map(
    before &&
      judgementsIn(before).map((judged) => [judged.about, codesOf(judged)]),
  );
  return judgementsIn(after)
    .filter((judged) => known.get(judged.about) !== codesOf(judged))
    .map(({ about, status, reasons }) => ({
      about,
      status,
      text: reasons.map(({ message }) => singleLine(message)).join(" "),
    }));
}

function judgementsIn({ health: { jobs, system } }: Snapshot): Judged[] {
  return [
    { about: "All jobs", ...system },
    ...jobs.map((job) => ({ ...job, about: job.jobName })),
  ];
}

// The messages count hours, which is no change.
function codesOf({ reasons }: Judged): string {
  return reasons.map(({ code, severity }) => `${code} ${severity}`).join();
}
