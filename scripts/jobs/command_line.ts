import { Command, CommanderError, Option } from "commander";
import { StackError } from "../stack/errors.ts";
import { createClient } from "./api/client.ts";
import { createInstallmentsClient } from "./api/installments.ts";
import { alerts } from "./commands/alerts.ts";
import {
  cancelRun,
  pauseJob,
  rescheduleJob,
  restoreSchedule,
  resumeJob,
  retryAlerts,
  snoozeJob,
  unsnoozeJob,
} from "./commands/control.ts";
import { run } from "./commands/run.ts";
import { runs } from "./commands/runs.ts";
import { status } from "./commands/status.ts";
import { testAlert } from "./commands/test_alert.ts";
import { trigger } from "./commands/trigger.ts";
import { watch } from "./commands/watch.ts";
import type { Context, ExitCode, InstallmentsContext } from "./context.ts";
import { JobsError } from "./errors.ts";
import { addInstallmentCommands } from "./installment_commands.ts";
import { urlOf } from "./linked_url.ts";
import { findDataTarget, findTarget, type TargetOptions } from "./target.ts";
import type { Terminal } from "./terminal.ts";
import { wholeNumber } from "./whole_number.ts";

/** What the command line runs in. */
export interface Runtime {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string>>;
  /** The clock. */
  readonly now: () => Date;
  /** Catches Ctrl-C: the signal is aborted when the operator stops the command. */
  readonly stopSignal: () => AbortSignal;
  /** How the program was started. */
  readonly command: "npm run jobs --" | "npx duewatch jobs";
  /** The folder that the person is in. */
  readonly cwd: string;
}

interface CommonOptions extends TargetOptions {
  readonly linked?: boolean;
  readonly json: boolean;
}

/**
 * Runs one command of `npm run jobs`.
 *
 * @param args without the name of the program.
 * @returns the exit code: 0 when the command did what it was asked to, 2 when
 *   it could not, with the reason in a sentence; commands use 1 for other results.
 */
export async function runCommandLine(
  args: readonly string[],
  runtime: Runtime,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = createProgram(runtime, (code) => exitCode = code);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof JobsError || error instanceof StackError) {
      runtime.terminal.note(error.message);
      return 2;
    }
    throw error;
  }
}

function createProgram(
  runtime: Runtime,
  end: (code: ExitCode) => void,
): Command {
  const { terminal } = runtime;
  const program = new Command(runtime.command)
    .description(
      "Shows a project's jobs, their runs and what they mark, and runs a job now",
    )
    .option(
      "--url <url>",
      "address of a hosted project (default: DUEWATCH_URL)",
    )
    .option(
      "--linked",
      "the project that supabase link has linked in this folder",
    )
    .option(
      "--key-file <path>",
      "file that holds its key (default: DUEWATCH_KEY)",
    )
    .option("--json", "print what the functions answer", false)
    .addOption(refusedKeyOption())
    .addHelpText("after", HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
      getOutHelpWidth: () => Math.min(80, terminal.size().columns),
    });

  const named = async () => {
    const { json, linked, keyFile, url } = program.opts<CommonOptions>();
    const options = { keyFile, url: await urlOf({ url, linked }, runtime.cwd) };
    return { json, options };
  };
  const open = async (signal: AbortSignal): Promise<Context> => {
    const { json, options } = await named();
    const target = await findTarget(options, runtime.environment);
    const client = createClient(target, { signal });
    return { client, terminal, json, now: runtime.now, signal };
  };
  const openInstallments = async (): Promise<InstallmentsContext> => {
    const { json, options } = await named();
    const target = await findDataTarget(options, runtime.environment);
    const { signal } = new AbortController();
    const installments = createInstallmentsClient(target, { signal });
    return { installments, terminal, json, now: runtime.now, signal };
  };
  const acts = <Args extends unknown[]>(
    command: (context: Context, ...args: Args) => Promise<ExitCode>,
    signal = () => new AbortController().signal,
  ) =>
  async (...args: Args) => end(await command(await open(signal()), ...args));

  program.command("status")
    .description("every job, what is wrong, and the alert channels")
    .option("--exit-code", "exit with 1 on a warning, 2 when critical", false)
    .action(acts(status));
  program.command("runs")
    .description("the latest runs, of one job or of all")
    .argument("[job]", "name of the job")
    .option("--limit <count>", "the most runs to show", wholeNumber(1, 100_000))
    .addOption(
      new Option("--status <status>", "only runs with this status")
        .choices(["running", "success", "failed"]),
    )
    .option("--since <when>", "24h, 7d, 2026-11-22, 2026-11-22T07:00:00Z")
    .addOption(
      new Option("--all", "all runs").default(false).conflicts("limit"),
    )
    .action(acts(runs));
  program.command("run")
    .description("all details of one run")
    .argument("<id>", "the run's id, or its first characters")
    .action(acts(run));
  program.command("alerts")
    .description("open incidents, and alerts that wait or were given up")
    .action(acts(alerts));
  program.command("trigger")
    .description("run a job now, wait until it ends, and show the run")
    .argument("<job>", "name of the job")
    .option("--function <name>", "name of its function, if it differs")
    .option(
      "--timeout <seconds>",
      "how long to wait",
      wholeNumber(1, 86_400),
      900,
    )
    .action(acts(trigger));
  addControls(program, acts);
  addInstallmentCommands(
    program,
    (command) => async (...args) =>
      end(await command(await openInstallments(), ...args)),
  );
  program.command("watch")
    .description("status and running jobs, until Ctrl-C")
    .option("--interval <seconds>", "between looks", wholeNumber(1, 3600), 10)
    .action(acts(watch, runtime.stopSignal));
  return program;
}

type Acts = <Args extends unknown[]>(
  command: (context: Context, ...args: Args) => Promise<ExitCode>,
) => (...args: Args) => Promise<void>;

function addControls(program: Command, acts: Acts): void {
  const required = [
    "--reason <text>",
    "why; it is kept with who asked",
  ] as const;
  const optional = ["--reason <text>", "why"] as const;
  const withEnd = (command: Command) =>
    command
      .option("--for <length>", "30m, 4h, 2d, 1w")
      .addOption(
        new Option("--until <when>", "2026-11-22, 2026-11-22T07:00:00Z")
          .conflicts("for"),
      );

  withEnd(
    program.command("pause")
      .description("keep a job from being started")
      .argument("<job>", "name of the job")
      .requiredOption(...required),
  ).action(acts(pauseJob));
  program.command("resume")
    .description("end the pause of a job")
    .argument("<job>", "name of the job")
    .option(...optional)
    .action(acts(resumeJob));
  program.command("reschedule")
    .description("change when a job is started")
    .argument("<job>", "name of the job")
    .argument("<schedule>", 'a cron expression in UTC, such as "0 * * * *"')
    .option(
      "--expected-within <minutes>",
      "how long it may be without a success (default: by the schedule)",
      wholeNumber(1, 527_040),
    )
    .option(...optional)
    .action(acts(rescheduleJob));
  withEnd(
    program.command("snooze")
      .description("raise no alert of a job for a while")
      .argument("<job>", "name of the job")
      .requiredOption(...required),
  ).action(acts(snoozeJob));
  program.command("unsnooze")
    .description("end the snooze of a job")
    .argument("<job>", "name of the job")
    .option(...optional)
    .action(acts(unsnoozeJob));
  program.command("cancel")
    .description("end a run that is under way")
    .argument("<id>", "the run's id, or its first characters")
    .requiredOption(...required)
    .action(acts(cancelRun));
  program.command("restore-schedule")
    .description("put the pg_cron entry of a job back as it is registered")
    .argument("[job]", "name of the job; default: all, and our own entries")
    .option(...optional)
    .action(acts(restoreSchedule));
  program.command("retry-alerts")
    .description("send again what was given up in 24 hours")
    .argument("[channel]", "name of the channel")
    .option(...optional)
    .action(acts(retryAlerts));
  program.command("test-alert")
    .description("send a test through every channel and the last resort")
    .option(...optional)
    .action(acts(testAlert));
}

const HELP = `
Without --url, --linked and DUEWATCH_URL the commands use the local stack. A
hosted project needs a job key; a read key is enough for status, runs, run,
alerts and watch. explain, history, preview and correct need the project's
secret key.

Exit codes: 0 done; 1 the triggered run failed, the test did not arrive
everywhere, or something is left to correct; 2 the command failed.`;

// Every user of the machine can read command lines.
function refusedKeyOption(): Option {
  return new Option("--key <key>").hideHelp().argParser(() => {
    throw new JobsError(
      "Every user of the machine can read a key on the command line: " +
        "use the variable DUEWATCH_KEY, or --key-file.",
    );
  });
}
