import type { AlertedJob, AlertedRun } from "../alert.ts";
import type { WriteInstant } from "./description.ts";
import { nameOf } from "./parts.ts";
import { formatNumber, pluralize } from "../../format.ts";
import { nextTick } from "../../next-tick.ts";
import { singleLine } from "../../truncate.ts";

type MaybeJob = AlertedJob | null;

/**
 * @returns what it means for people that the job's work is not done, in the
 *   words of its definition; for lack of them, what the job does.
 * @param since the beginning of the sentence, such as `Until a run succeeds`.
 */
export function impactOf(job: MaybeJob, since: string): string {
  const impact = words(job?.impact).replace(/\.$/, "");
  if (impact !== "") return `${since}, ${impact}.`;
  const description = words(job?.description).replace(/\.$/, "");
  return `${since}, the work of this job is not done` +
    (description === "" ? "." : `: ${description}.`);
}

/** When an alert was raised, and how its reader writes instants. */
export interface Moment {
  readonly raisedAt: string;
  readonly instant: WriteInstant;
}

/** @returns what starts the next run, and when. */
export function nextRunOf(job: MaybeJob, moment: Moment): string {
  switch (job?.next) {
    case "catch_up":
      return `Duewatch tries again by itself${when(job, moment)}. You get a ` +
        "message when a run succeeds.";
    case "given_up":
      return "Duewatch has tried often enough, and starts no further run. " +
        `The next attempt is ${scheduledRun(job, moment)}.`;
    case "schedule":
      return `The next attempt is ${scheduledRun(job, moment)}.`;
    case "paused":
      return "The job is paused. Nothing starts it until someone resumes it.";
    case "disabled":
      return "The job is disabled. Nothing starts it until it is enabled.";
    default:
      return "The job is not registered, so Duewatch does not start it again.";
  }
}

// The supervisor looks every minute.
const SOON_MS = 60_000;

function when(
  { catch_up_at: at }: AlertedJob,
  { raisedAt, instant }: Moment,
): string {
  if (at === null) return "";
  const isSoon = Date.parse(at) - Date.parse(raisedAt) <= SOON_MS;
  return isSoon ? " within two minutes" : `, not before ${instant(at)}`;
}

/** @returns the next run of the schedule, with its instant if that is known. */
export function scheduledRun(
  job: MaybeJob,
  { raisedAt, instant }: Moment,
): string {
  const after = new Date(raisedAt);
  const tick = Number.isNaN(after.getTime())
    ? null
    : nextTick(words(job?.schedule), after);
  return tick === null
    ? "the next scheduled run"
    : `the scheduled run at ${instant(tick.toISOString())}`;
}

/** Whether Duewatch starts a further run by itself, before the schedule does. */
export function isTriedAgain(job: MaybeJob): boolean {
  return job?.next === "catch_up";
}

/** @returns what a run has left undone: `15 of 24 items were not reached`. */
export function undoneIn(run: AlertedRun | null): string | null {
  const { items_total: total = null, items_processed: processed = null } =
    run ?? {};
  const failed = run?.failed_items ?? 0;
  const left = total === null ? 0 : total - (processed ?? 0);
  const parts = [
    left > 0
      ? `${formatNumber(left)} of ${pluralize(total ?? 0, "item")} ` +
        `${left === 1 ? "was" : "were"} not reached`
      : null,
    failed > 0 ? `${pluralize(failed, "item")} failed` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(", ");
}

const MOST_NAMES = 3;

/** @returns the first names: `A, B and C`, `A, B, C and 9 more`. */
export function namesOf(
  items: readonly {
    readonly name: string | null;
    readonly id: string | null;
  }[],
  count: number,
): string | null {
  const names = items.slice(0, MOST_NAMES)
    .map(({ name, id }) => nameOf(name, id));
  const more = Math.max(count, items.length) - names.length;
  const listed = more > 0 ? [...names, `${formatNumber(more)} more`] : names;
  if (names.length === 0) return null;
  return listed.length === 1
    ? listed[0]
    : `${listed.slice(0, -1).join(", ")} and ${listed[listed.length - 1]}`;
}

function words(text: string | null | undefined): string {
  return singleLine(text ?? "");
}
