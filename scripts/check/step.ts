import { ofExitCode, type Tally } from "./tally.ts";

/** What running a tool gave: everything it printed, and how it ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** One step of the suite. */
export interface Step {
  readonly name: string;
  /**
   * Runs the step to its end; does not throw for a check that fails.
   *
   * @param signal ends the step before its time.
   */
  run(
    signal: AbortSignal,
  ): Promise<{ readonly tally: Tally; readonly output: string }>;
}

/** How to run a tool. */
export interface ToolOptions {
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the tool before its time. */
  readonly signal?: AbortSignal;
}

/** Runs a tool and keeps what it prints, both streams in order of arrival. */
export async function runTool(
  command: readonly string[],
  { cwd, env, signal }: ToolOptions,
): Promise<Outcome> {
  const [program, ...args] = command;
  // One pipe for both streams keeps a failure next to what led to it. A session
  // of its own makes a process group, which is ended with all that the tool has
  // started.
  const child = new Deno.Command("setsid", {
    args: ["sh", "-c", 'exec "$@" 2>&1', "sh", program, ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const end = () => Deno.kill(-child.pid, "SIGINT");
  signal?.addEventListener("abort", end);
  try {
    const { code, stdout } = await child.output();
    return { exitCode: code, output: new TextDecoder().decode(stdout) };
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

/** A step that is one tool, one check. */
export function toolStep(
  name: string,
  command: readonly string[],
  options: ToolOptions,
): Step {
  return {
    name,
    async run(signal) {
      const { exitCode, output } = await runTool(command, {
        ...options,
        signal,
      });
      return { tally: ofExitCode(exitCode), output };
    },
  };
}
