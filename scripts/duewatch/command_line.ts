import { Command, CommanderError, Help, type Option } from "commander";
import { toJson } from "../jobs/context.ts";
import { JobsError } from "../jobs/errors.ts";
import { StackError } from "../stack/errors.ts";
import type { Acts, Outcome } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { DuewatchError, type ExitCode } from "./errors.ts";
import { readPackage } from "./names/package_sources.ts";
import { OTHER_PROGRAMS } from "./other_programs.ts";
import { withPagePaths } from "./page_paths.ts";
import { openSession, type Runtime, type Session } from "./session.ts";
import { untilStopped } from "./stopped.ts";

/**
 * Runs one command of `duewatch`.
 *
 * @param args without the name of the program.
 * @returns the exit code.
 */
export async function runCommandLine(
  args: readonly string[],
  runtime: Runtime,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const { version } = await readPackage(runtime.packageDir);
  const program = createProgram(runtime, version, (code) => exitCode = code);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    const error = ofFileSystem(thrown) ?? thrown;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isExpected = error instanceof DuewatchError ||
      error instanceof StackError || error instanceof JobsError;
    if (!isExpected) throw error;
    const code = error instanceof DuewatchError ? error.exitCode : 2;
    if (args.includes("--json")) {
      runtime.terminal.print(toJson({ error: error.message, exitCode: code }));
    } else {
      runtime.terminal.note(withPagePaths(runtime, error.message));
    }
    return code;
  }
}

// No right to write, a folder in place of a file, a disk that is full or read-only.
function ofFileSystem(error: unknown): DuewatchError | null {
  const isOfDisk = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Error && /\(os error (?:21|28|30)\)/.test(error.message);
  if (!isOfDisk) return null;
  return new DuewatchError(
    `A file cannot be read or written: ${error.message}\n` +
      "Correct that, then run the same command again: it goes on.",
  );
}

// What a switch is when it is not given needs no words.
function optionDescription(option: Option): string {
  return option.defaultValue === false
    ? option.description
    : new Help().optionDescription(option);
}

function createProgram(
  runtime: Runtime,
  version: string,
  end: (code: ExitCode) => void,
): Command {
  const { terminal } = runtime;
  const program = new Command("duewatch")
    .description(
      "Marks overdue installments in your Supabase project, and watches the job that does it.",
    )
    .usage("<command> [options]")
    .version(version, "--version", "print the version of this program")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ optionDescription })
    .addHelpText("after", HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
      getOutHelpWidth: () => Math.min(80, terminal.size().columns),
    });

  const acts: Acts = (work) => async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts() as Parameters<typeof work>[1];
    const session = openSession(runtime, options);
    const outcome = await untilStopped(
      session,
      work(session, options, command.args),
    );
    if (!outcome.silent) show(session, command.name(), outcome);
    end(outcome.exitCode ?? 0);
  };
  for (const { add } of COMMANDS) add(program, acts);
  return program;
}

function show(
  session: Session,
  command: string,
  { did, next = [], data = {}, exitCode = 0 }: Outcome,
): void {
  if (session.json) {
    const answer = { command, exitCode, ...data, did, next };
    session.terminal.print(toJson(answer, 2));
    return;
  }
  const parts = [
    did.join("\n"),
    next.length === 0
      ? ""
      : `Next:\n${next.map((line) => `  ${line}`).join("\n")}`,
  ].filter((part) => part !== "");
  if (parts.length === 0) return;
  session.say(`\n${parts.join("\n\n")}`);
}

function programs(heading: string, inPackage: boolean): string {
  const lines = Object.entries(OTHER_PROGRAMS)
    .filter(([, program]) => (program.inPackage ?? false) === inPackage)
    .map(([name, { purpose }]) => `  ${name.padEnd(10)} ${purpose}`);
  return [heading, ...lines].join("\n");
}

const HELP = `
${programs("For a running installation, local or hosted:", true)}

${programs("For the local stack, in a checkout of Duewatch:", false)}

Exit codes: 0 done, or nothing to do; 1 something is in the way or wrong, and is
named; 2 the command was called wrongly or could not be carried out; 3 it was
not confirmed; 130 it was stopped with Ctrl-C. Nothing is changed with 3.

Examples:
  # Add Duewatch to the Supabase project in this folder
  npx duewatch install

  # What would be added, and what is in the way?
  npx duewatch install --dry-run --db-url "$DATABASE_URL"

  # The options of a command, with examples
  npx duewatch install --help`;
