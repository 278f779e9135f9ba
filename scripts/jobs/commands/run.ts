import type { RunsPage } from "../api/answers.ts";
import { findRun } from "../api/find_run.ts";
import { type Context, type ExitCode, show } from "../context.ts";
import { formatRun } from "../render/run.ts";

/** `run <id>`: all details of one run. */
export async function run(context: Context, id: string): Promise<ExitCode> {
  printRun(context, await findRun(context.client, id));
  return 0;
}

/** Prints the run of a page that has one. */
export function printRun(context: Context, page: RunsPage): void {
  show(context, page, (view) => formatRun(page.data[0], view));
}
