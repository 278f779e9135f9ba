import { Command, CommanderError } from "commander";
import { StackError } from "../stack/errors.ts";
import { NewJobError } from "./errors.ts";
import { readInterval, writeInterval } from "./interval.ts";
import type { NewJob } from "./migrations.ts";
import { checkName } from "./name.ts";
import { type MadeJob, makeJob, type Workshop } from "./new_job.ts";
import {
  dailySchedule,
  expectedInterval,
  readSchedule,
  slowAfter,
} from "./schedule.ts";

/** What the template does. */
const DESCRIPTION =
  "Counts each agency's active payment plans, and logs how many there are.";

/** What the command line runs in. */
export interface Runtime extends Workshop {
  readonly write: (text: string) => void;
  readonly note: (text: string) => void;
}

interface Options {
  readonly schedule?: string;
  readonly description: string;
  readonly expectedInterval?: string;
}

/**
 * Runs `npm run new-job`.
 *
 * @param args without the name of the program.
 * @returns the exit code: 0 when the job is there, 1 when nothing was made,
 *   with the reason in a sentence.
 */
export async function runCommandLine(
  args: readonly string[],
  runtime: Runtime,
): Promise<0 | 1> {
  const program = new Command("npm run new-job --")
    .description("Creates a working job for you to change")
    .argument("<name>", "of the job and its function, such as close-books")
    .option(
      "--schedule <cron>",
      "five fields in UTC, or seconds (default: once a night)",
    )
    .option(
      "--description <text>",
      "what the job does, in one line",
      DESCRIPTION,
    )
    .option(
      "--expected-interval <interval>",
      "the longest time without a success (default: from the schedule)",
    )
    .exitOverride()
    .configureOutput({
      writeOut: runtime.write,
      writeErr: runtime.note,
    })
    .action(async (name: string, options: Options) => {
      const job = readJob(name, options);
      runtime.write(report(job, await makeJob(job, runtime)));
    });
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    runtime.note(`${explain(error, runtime.signal)}\nNothing was created.\n`);
    return 1;
  }
}

function explain(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "Interrupted.";
  const isExpected = error instanceof NewJobError ||
    error instanceof StackError;
  if (!isExpected) throw error;
  return error.message;
}

function readJob(name: string, options: Options): NewJob {
  checkName(name);
  const schedule = readSchedule(options.schedule ?? dailySchedule(name));
  return {
    name,
    description: checkDescription(options.description),
    schedule: schedule.expression,
    slowAfter: slowAfter(schedule),
    expectedInterval: options.expectedInterval === undefined
      ? expectedInterval(schedule)
      : checkInterval(options.expectedInterval, schedule.longestGap),
  };
}

function checkDescription(text: string): string {
  const description = text.trim();
  if (description === "" || /\p{Cc}/u.test(description)) {
    throw new NewJobError("The description has to be one line of text.");
  }
  return description;
}

function checkInterval(text: string, longestGap: number): number {
  const interval = readInterval(text);
  if (interval > longestGap) return interval;
  const gap = longestGap < 1 ? "less than a minute" : writeInterval(longestGap);
  throw new NewJobError(
    `After ${text} without a success the job would have missed a run, but up ` +
      `to ${gap} pass between two starts: the interval has to be longer.`,
  );
}

function report(job: NewJob, { folder, files, migration }: MadeJob): string {
  return `Created the job ${job.name}, at "${job.schedule}" in UTC:

  ${folder}/: ${files.join(", ")}
  ${migration}
  supabase/config.toml: its section
  deno.lock: its libraries

Next:

  npm run deno -- test -A ${folder}
  npm start
  npm run jobs -- trigger ${job.name}

docs/how-to/add-a-job.md explains what to change and how to deploy it.
`;
}
