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
  let last = await unlessStopped(signal, takeSnapshot(client, null));
  if (last === null) return 0;

  using reporter = terminal.isInteractive && !json
    ? screenReporter(context)
    : lineReporter(context);
  reporter.seen(null, last);
  while (!signal.aborted) {
    await pause(interval * 1000, signal);
    if (signal.aborted) break;
    try {
      const current = await unlessStopped(signal, takeSnapshot(client, last));
      if (current === null) break;
      reporter.seen(last, current);
      last = current;
    } catch (error) {
      if (!(error instanceof JobsError)) throw error;
      reporter.notSeen(error.message, last);
    }
  }
  return 0;
}

async function unlessStopped(
  signal: AbortSignal,
  work: Promise<Snapshot>,
): Promise<Snapshot | null> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}
