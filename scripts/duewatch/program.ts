import { fileURLToPath } from "node:url";
import { openTerminal } from "../jobs/terminal.ts";
import { stopSignals } from "../process/stop_signals.ts";
import { exists } from "../stack/files.ts";
import { runCommandLine } from "./command_line.ts";
import { OTHER_PROGRAMS } from "./other_programs.ts";

const environment = Object.fromEntries(
  Object.entries(Deno.env.toObject())
    .map(([name, value]) => [name, value.trim()]),
);
const packageDir = fileURLToPath(new URL("../../", import.meta.url));

/** Runs what the command line says. @returns the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const [word, ...rest] = args;
  const other = OTHER_PROGRAMS[word ?? ""];
  try {
    return other === undefined
      ? await runCommandLine(args, {
        terminal: openTerminal(environment),
        environment,
        now: () => new Date(),
        cwd: environment.DUEWATCH_CWD ?? Deno.cwd(),
        packageDir,
        ask: Deno.stdin.isTerminal() ? (question) => prompt(question) : null,
        stopSignal: stopSignals,
      })
      : await start(other.entry, other.named ? [word, ...rest] : rest);
  } catch (error) {
    // The reader of the output has closed it, as in `… | head`.
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    throw error;
  }
}

async function start(entry: string, args: readonly string[]): Promise<number> {
  // The npm package holds what works on a project of one's own.
  if (!await exists(`${packageDir}scripts/${entry}`)) {
    console.error("This works in a checkout of Duewatch only.");
    return 2;
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--frozen",
      "-A",
      `--config=${packageDir}deno.json`,
      `${packageDir}scripts/${entry}`,
      ...args,
    ],
  }).spawn();
  // The terminal sends Ctrl-C to the child as well, which decides how to end.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      if (signal === "SIGTERM") child.kill(signal);
    });
  }
  return (await child.status).code;
}
