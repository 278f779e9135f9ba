import { StackError } from "./errors.ts";

/** What a finished command left behind. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text for standard input; without it there is none. */
  readonly stdin?: string;
  /** Where output goes: kept for the caller, or shown as it comes. */
  readonly output?: "piped" | "inherit";
}

/**
 * Runs a command to its end. Secrets belong in `env` or `stdin`, never in the
 * arguments, which every user of the machine can read.
 *
 * @throws StackError when the program does not exist.
 */
export async function run(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program, ...args] = command;
  const output = options.output ?? "piped";
  try {
    const child = new Deno.Command(program, {
      args,
      env: options.env,
      cwd: options.cwd ?? "/",
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: output,
      stderr: output,
    }).spawn();
    if (options.stdin !== undefined) {
      await writeAll(child.stdin, options.stdin);
    }
    const [{ code }, stdout, stderr] = await Promise.all([
      child.status,
      output === "piped" ? child.stdout.text() : "",
      output === "piped" ? child.stderr.text() : "",
    ]);
    return { code, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StackError(`The program ${program} is not installed.`);
  }
}

/**
 * Runs a command that must succeed.
 *
 * @param purpose what the command was for, as the end of "Could not …".
 * @throws StackError with the command's output when it exits non-zero.
 */
export async function runOrThrow(
  purpose: string,
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await run(command, options);
  if (result.code !== 0) {
    const words = (result.stderr.trim() || result.stdout.trim()).slice(-4000);
    throw new StackError(`Could not ${purpose}:\n${words}`);
  }
  return result;
}

async function writeAll(
  stream: WritableStream<Uint8Array>,
  text: string,
): Promise<void> {
  try {
    await ReadableStream.from([new TextEncoder().encode(text)]).pipeTo(stream);
  } catch (error) {
    // The command closed its input early; its exit code says why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
