import {
  formatDuration,
  pluralize,
} from "../../../supabase/functions/_shared/format.ts";
import { pause } from "../../../supabase/functions/_shared/pause.ts";
import type { Run } from "../api/answers.ts";
import { type Context } from "../context.ts";
import { JobsError } from "../errors.ts";
import { shortId, soFar } from "../render/runs.ts";

/** How often to look for a run that is waited for. */
export const POLL_MS = 2000;

/** @returns a function that notes how far a run has come, where that is new. */
export function createProgressNotes(
  { terminal, now }: Context,
): (run: Run) => void {
  let last = "";
  return (run) => {
    const progress = progressOf(run);
    if (progress === last || progress === "") return;
    last = progress;
    const time = formatDuration(soFar(run, now()));
    terminal.note(`Run ${shortId(run.id)}: ${progress} after ${time} …`);
  };
}

function progressOf(
  { itemsTotal, itemsProcessed, itemsFailed, recordsUpdated }: Run,
): string {
  const items = itemsTotal === null
    ? []
    : [`${itemsProcessed ?? 0} of ${pluralize(itemsTotal, "item")}`];
  const failed = itemsFailed === 0 ? [] : [`${itemsFailed} failed`];
  const rows = recordsUpdated === 0 ? [] : [pluralize(recordsUpdated, "row")];
  return [...items, ...failed, ...rows].join(", ");
}

/**
 * Looks for a run and notes its progress until something is over. What goes
 * wrong with a look is of no account: the next one may work.
 */
export async function watchProgress(
  { client }: Context,
  { runId, note, over }: {
    readonly runId: string;
    readonly note: (run: Run) => void;
    readonly over: AbortSignal;
  },
): Promise<void> {
  while (true) {
    await pause(POLL_MS, over);
    if (over.aborted) return;
    try {
      const page = await client.findRun(runId);
      if (page?.data[0].status === "running" && !over.aborted) {
        note(page.data[0]);
      }
    } catch (error) {
      if (!(error instanceof JobsError) && !over.aborted) throw error;
    }
  }
}
