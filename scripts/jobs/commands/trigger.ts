import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import { pause } from "../../../supabase/functions/_shared/pause.ts";
import type { Run, RunsPage } from "../api/answers.ts";
import type { JobsClient } from "../api/client.ts";
import { NoAnswer } from "../api/send.ts";
import type { Context, ExitCode } from "../context.ts";
import { JobsError } from "../errors.ts";
import { createProgressNotes, POLL_MS, watchProgress } from "./progress.ts";
import { printRun } from "./run.ts";

interface TriggerOptions {
  /** Name of the job's function. Default: that of the job. */
  readonly function?: string;
  /** How long to wait for the end of the run, in seconds. */
  readonly timeout: number;
}

// A request that arrived has its row well before that.
const ROW_APPEARS_WITHIN_MS = 30_000;

/**
 * `trigger <job>`: runs a job now and shows the run when it has ended.
 *
 * @returns 0 when the run succeeded, 1 when it failed.
 */
export async function trigger(
  context: Context,
  jobName: string,
  options: TriggerOptions,
): Promise<ExitCode> {
  const { client, terminal } = context;
  const runId = crypto.randomUUID();
  const slug = options.function ?? jobName;
  if (!/^[A-Za-z0-9_-]+$/.test(slug)) throw await noSuchJob(client, jobName);

  terminal.note(`Triggering ${jobName}: run ${runId} …`);
  const deadline = context.now().getTime() + options.timeout * 1000;
  const note = createProgressNotes(context);
  const answered = new AbortController();
  const watching = watchProgress(context, {
    runId,
    note,
    over: AbortSignal.any([answered.signal, context.signal]),
  });
  const outcome = await client.trigger({
    slug,
    runId,
    timeoutMs: options.timeout * 1000,
  }).finally(async () => {
    answered.abort();
    await watching;
  });
  if (outcome.kind === "no_such_job") throw await noSuchJob(client, jobName);
  if (outcome.kind === "already_running") {
    throw new JobsError(
      `${jobName} is already running: run ${outcome.runId} holds it.`,
    );
  }

  const problem = outcome.kind === "unknown" ? outcome.reason : outcome.problem;
  const page = await endOfRun(context, { runId, deadline, problem, note });
  printRun(context, page);
  return page.data[0].status === "success" ? 0 : 1;
}

async function noSuchJob(
  client: JobsClient,
  jobName: string,
): Promise<JobsError> {
  const { jobs } = await client.health();
  const names = jobs.map((job) => singleLine(job.jobName)).join(", ");
  return new JobsError(
    `There is no job ${jobName}, or its function has another name ` +
      `(--function). The jobs are: ${names}.`,
  );
}

interface Awaited {
  readonly runId: string;
  /** In milliseconds since 1970. */
  readonly deadline: number;
  /** Why the answer may lack the result; null when it does not. */
  readonly problem: string | null;
  /** Notes how far the run has come. */
  readonly note: (run: Run) => void;
}

async function endOfRun(
  { client, terminal, signal, now }: Context,
  { runId, deadline, problem, note }: Awaited,
): Promise<RunsPage> {
  if (problem !== null) terminal.note(`${problem} Looking for the run …`);

  const appearsBy = now().getTime() + ROW_APPEARS_WITHIN_MS;
  while (true) {
    // A server that hung up once may do so again.
    const sight = await client.findRun(runId).catch((error) => {
      if (error instanceof NoAnswer) return error;
      throw error;
    });
    const time = now().getTime();
    const isOver = time > deadline;
    if (sight instanceof NoAnswer) {
      if (isOver) throw sight;
    } else if (sight === null) {
      if (isOver || time > appearsBy) {
        throw new JobsError(`Run ${runId} was not found: it has not started.`);
      }
    } else if (sight.data[0].status !== "running") {
      return sight;
    } else if (isOver) {
      throw new JobsError(`Run ${runId} is still running after the time-out.`);
    } else {
      note(sight.data[0]);
    }
    await pause(POLL_MS, signal);
  }
}
