import { ofExitCode, type Tally } from "./tally.ts";

/** What running a tool gave: everything it printed, and how it ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** One step of the suite. */
export interface Step {
  readonly name: string;
  /** Runs the step to its end; does not throw for a check that fails. */
  run(): Promise<{ readonly tally: Tally; readonly output: string }>;
}

/** How to run a tool. */
export interface ToolOptions {
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a tool and keeps what it prints, both streams in order of arrival. */
export async function runTool(
  command: readonly string[],
  { cwd, env }: ToolOptions,
): Promise<Outcome> {
  const [program, ...args] = command;
  // One pipe for both streams keeps a failure next to what led to it.
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" 2>&1', "sh", program, ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  const { code, stdout } = await child.output();
  return { exitCode: code, output: new TextDecoder().decode(stdout) };
}

/** A step that is one tool, one check. */
export function toolStep(
  name: string,
  command: readonly string[],
  options: ToolOptions,
): Step {
  return {
    name,
    async run() {
      const { exitCode, output } = await runTool(command, options);
      return { tally: ofExitCode(exitCode), output };
    },
  };
}
