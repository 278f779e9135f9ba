import { pause } from "../../../supabase/functions/_shared/pause.ts";
import type { Context, ExitCode } from "../context.ts";
import { JobsError } from "../errors.ts";
import { lineReporter, screenReporter } from "../watch/reporter.ts";
import { type Snapshot, takeSnapshot } from "../watch/snapshot.ts";

/**
 * `watch`: the health of the jobs and what runs, again and again, until the
 * signal is aborted. An unreachable project is reported, and polled until it answers.
 *
 * @param options.interval seconds from one look to the next.
 * @throws {JobsError} when the first look fails.
 */
export async function watch(
  context: Context,
  { interval }: { readonly interval: number },
): Promise<ExitCode> {
  const { client, json, signal, terminal } = context;
  let last: Snapshot | null = null;
  using reporter = terminal.isInteractive && !json
    ? screenReporter(context)
    : lineReporter(context);
  while (!signal.aborted) {
    try {
      const current: Snapshot = await takeSnapshot(client, last);
      reporter.seen(last, current);
      last = current;
    } catch (error) {
      if (signal.aborted) break;
      if (last === null || !(error instanceof JobsError)) throw error;
      reporter.notSeen(error.message, last);
    }
    await pause(interval * 1000, signal);
  }
  return 0;
}
