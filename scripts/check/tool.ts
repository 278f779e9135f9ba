import { endMarkedProcesses, MARK, signal as send } from "./processes.ts";
import type { StepResult } from "./step.ts";
import { ofExitCode } from "./tally.ts";

// Several times what the longest takes on a machine that is busy.
const LIMIT_MS = 15 * 60_000;
const PATIENCE_MS = 5_000;

/** What running a tool gave: everything it printed, and how it ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** How to run a tool. */
export interface ToolOptions {
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the tool before its time. */
  readonly signal: AbortSignal;
  /** Ends the tool and reports a failure; default fifteen minutes. */
  readonly limitMs?: number;
}

/**
 * Runs a tool and keeps what it prints, both streams in order of arrival. What
 * it has started ends with it.
 */
export async function runTool(
  command: readonly string[],
  { cwd, env, signal, limitMs = LIMIT_MS }: ToolOptions,
): Promise<Outcome> {
  const [program, ...args] = command;
  const mark = crypto.randomUUID();
  // One pipe for both streams keeps a failure next to what led to it. A session
  // of its own makes a process group, which is ended as a whole.
  const child = new Deno.Command("setsid", {
    args: ["sh", "-c", 'exec "$@" 2>&1', "sh", program, ...args],
    cwd,
    env: { NO_COLOR: "1", ...env, [MARK]: mark },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const printed = new Response(child.stdout).text();

  const timers: ReturnType<typeof setTimeout>[] = [];
  let isOverdue = false;
  const end = () => {
    // Its group is there a moment later than itself.
    if (!send(-child.pid, "SIGINT")) send(child.pid, "SIGINT");
    timers.push(setTimeout(() => send(-child.pid, "SIGKILL"), PATIENCE_MS));
  };
  timers.push(setTimeout(() => {
    isOverdue = true;
    end();
  }, limitMs));
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    const { code } = await child.status;
    // What lives on would hold the pipe open.
    await endMarkedProcesses(mark);
    const output = await printed;
    if (!isOverdue) return { exitCode: code, output };
    const seconds = Math.round(limitMs / 1000);
    return {
      exitCode: code || 124,
      output: `${output}\nEnded: it took longer than ${seconds} seconds.`,
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

/** Runs a tool that is one check. */
export async function checkWithTool(
  command: readonly string[],
  options: ToolOptions,
): Promise<StepResult> {
  const { exitCode, output } = await runTool(command, options);
  return { tally: ofExitCode(exitCode), output };
}
