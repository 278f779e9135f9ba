import { Command, CommanderError, InvalidArgumentError } from "commander";
import { resolve } from "node:path";
import { JobsError } from "../jobs/errors.ts";
import { findTarget } from "../jobs/target.ts";
import { StackError } from "../stack/errors.ts";
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
  /** Yields when somebody asks for another link. */
  readonly enterPresses: () => AsyncIterable<void>;
}

interface ServeOptions {
  readonly url?: string;
  readonly keyFile?: string;
  readonly port?: number;
}

interface BuildOptions {
  readonly url?: string;
  readonly publishableKey?: string;
}

/** The port on which the dashboard listens when nobody says otherwise. */
export const DEFAULT_PORT = 54323;

/**
 * Runs `npm run dashboard`.
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
  const { environment, print, printError } = runtime;
  const program = new Command("dashboard")
    .description(
      "Shows the jobs in the browser. The key stays in this process.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => printError(text.trimEnd()),
    })
    .option(
      "--url <url>",
      "address of the project (default: DUEWATCH_URL, or the local stack)",
    )
    .option(
      "--key-file <file>",
      "file that holds a job key (default: DUEWATCH_KEY)",
    )
    .option(
      "--port <port>",
      `port on this machine (default: DUEWATCH_DASHBOARD_PORT, or ${DEFAULT_PORT})`,
      readPort,
    )
    .addHelpText("after", EXAMPLES)
    .action(async (options: ServeOptions) => {
      const target = await findTarget(options, environment);
      const { project, config } = await localProject(target, environment);
      const page = assemble(await buildParts(), config);
      await serveDashboard({
        page,
        project,
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
    .option(
      "--url <url>",
      "address of the project (default: DUEWATCH_URL, or the local stack)",
    )
    .option(
      "--publishable-key <key>",
      "publishable key of the project (default: that of the local stack)",
    )
    .action(async (file: string, options: BuildOptions) => {
      const config = await signInConfig(options, environment);
      const { html } = assemble(await buildParts(), config);
      await Deno.writeTextFile(resolve(file), html);
      const kilobytes = Math.ceil(new TextEncoder().encode(html).length / 1000);
      print(`Wrote ${file} (${kilobytes} kB) for ${config.project}.`);
    });
  return program;
}

const EXAMPLES = `
Examples:
  npm run dashboard
  npm run dashboard -- --url https://<project-ref>.supabase.co --key-file job-key
  npm run dashboard -- build --url https://<project-ref>.supabase.co --publishable-key sb_publishable_… duewatch.html`;

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
