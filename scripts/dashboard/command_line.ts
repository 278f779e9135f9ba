import { Command, CommanderError, InvalidArgumentError } from "commander";
import { resolve } from "node:path";
import { JobsError } from "../jobs/errors.ts";
import { urlOf } from "../jobs/linked_url.ts";
import { findTarget } from "../jobs/target.ts";
import { StackError } from "../stack/errors.ts";
import { type StartCommand, startWith } from "./page_config.ts";
import { localProject, signInConfig } from "./project.ts";
import { assemble, buildParts } from "./page_build.ts";
import { serveDashboard } from "./serve.ts";

/** What the command line runs in. */
export interface Runtime {
  readonly environment: Readonly<Record<string, string>>;
  /** Catches Ctrl-C: the signal is aborted when the operator stops the command. */
  readonly stopSignal: () => AbortSignal;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** How the program was started. */
  readonly command: StartCommand;
  /** The folder that the person is in. */
  readonly cwd: string;
  /** Yields when somebody asks for another link. */
  readonly enterPresses: () => AsyncIterable<void>;
}

interface ProjectOptions {
  readonly url?: string;
  readonly linked?: boolean;
}

interface ServeOptions extends ProjectOptions {
  readonly keyFile?: string;
  readonly port?: number;
}

interface BuildOptions extends ProjectOptions {
  readonly publishableKey?: string;
}

/** The port on which the dashboard listens when nobody says otherwise. */
export const DEFAULT_PORT = 54323;

/**
 * Runs `npm run dashboard`, `npx duewatch dashboard`.
 *
 * @param args without the name of the program.
 * @returns the exit code: 0, or 2 when it could not be done, with the reason in
 *   a sentence.
 */
export async function runCommandLine(
  args: readonly string[],
  runtime: Runtime,
): Promise<number> {
  try {
    await createProgram(runtime).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof JobsError || error instanceof StackError) {
      runtime.printError(error.message);
      return 2;
    }
    throw error;
  }
}

function createProgram(runtime: Runtime): Command {
  const { environment, command, cwd, print, printError } = runtime;
  const program = new Command("dashboard")
    .description(
      "Shows the jobs in the browser. The key stays in this process.",
    )
    .usage("[options] [command]")
    // Options behind `build` are its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => printError(text.trimEnd()),
    })
    .option("--url <url>", URL_HELP)
    .option("--linked", LINKED_HELP)
    .option(
      "--key-file <file>",
      "file that holds a job key (default: DUEWATCH_KEY)",
    )
    .option(
      "--port <port>",
      `port on this machine (default: DUEWATCH_DASHBOARD_PORT, or ${DEFAULT_PORT})`,
      readPort,
    )
    .addHelpText("after", examplesOf(command))
    .action(async (options: ServeOptions) => {
      const url = await urlOf(options, cwd);
      const target = await findTarget({ ...options, url }, environment);
      const { project, config } = await localProject(
        target,
        environment,
        command,
      );
      const page = assemble(await buildParts(), config);
      await serveDashboard({
        page,
        project,
        command,
        port: options.port ?? portOf(environment),
        stopSignal: runtime.stopSignal(),
        enterPresses: runtime.enterPresses(),
        print,
      });
    });

  program.command("build")
    .description(
      "Writes the page as one file, for a static host; people sign in.",
    )
    .argument("[file]", "file to write", "duewatch.html")
    .option("--url <url>", URL_HELP)
    .option("--linked", LINKED_HELP)
    .option(
      "--publishable-key <key>",
      "publishable key of the project (default: that of the local stack)",
    )
    .action(async (file: string, options: BuildOptions) => {
      const url = await urlOf({ ...program.opts(), ...options }, cwd);
      const config = await signInConfig({ ...options, url }, environment);
      const { html } = assemble(await buildParts(), config);
      await Deno.writeTextFile(resolve(cwd, file), html);
      const kilobytes = Math.ceil(new TextEncoder().encode(html).length / 1000);
      print(`Wrote ${file} (${kilobytes} kB) for ${config.project}.`);
    });
  return program;
}

const URL_HELP =
  "address of the project (default: DUEWATCH_URL, or the local stack)";
const LINKED_HELP = "the project that supabase link has linked in this folder";

function examplesOf(command: StartCommand): string {
  const lines = [
    command,
    startWith(
      command,
      "--url https://<project-ref>.supabase.co --key-file job-key",
    ),
    startWith(command, "--linked --key-file job-key"),
    startWith(
      command,
      "build --linked --publishable-key sb_publishable_… duewatch.html",
    ),
  ];
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError(
      "A port is a number up to 65535; 0 takes any that is free.",
    );
  }
  return port;
}

function portOf({ DUEWATCH_DASHBOARD_PORT }: Runtime["environment"]): number {
  return DUEWATCH_DASHBOARD_PORT
    ? readPort(DUEWATCH_DASHBOARD_PORT)
    : DEFAULT_PORT;
}
