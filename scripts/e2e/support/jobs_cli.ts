import { join } from "node:path";
import { type CommandResult, run } from "../../stack/command.ts";
import { configEnvironment } from "../../stack/config.ts";
import { within } from "./events.ts";
import { config, urls } from "./stack.ts";

/** How the command line finds the project: as for the local stack. */
export const LOCAL: Readonly<Record<string, string>> = configEnvironment(
  config,
);

/** By address and key, as for a hosted project: no local stack is in sight. */
export function hosted(key: string): Readonly<Record<string, string>> {
  return {
    DUEWATCH_STATE_DIR: "/nonexistent",
    DUEWATCH_URL: urls.apiUrl,
    DUEWATCH_KEY: key,
  };
}

/** Runs `npm run jobs -- <args>` without npm, by default on the local stack. */
export async function jobs(
  args: readonly string[],
  env: Readonly<Record<string, string>> = LOCAL,
): Promise<CommandResult> {
  return await run(commandOf(args), { env });
}

/** Runs a command with `--json` that has to succeed, and reads what it prints. */
// deno-lint-ignore no-explicit-any -- tests look into answers of all forms
export async function jobsJson(...args: string[]): Promise<any> {
  const { code, stdout, stderr } = await jobs([...args, "--json"]);
  if (code !== 0) throw new Error(`It exited with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Runs a command whose output a program of the shell reads. */
export async function jobsPipedTo(
  reader: string,
  args: readonly string[],
): Promise<CommandResult> {
  const command = `${commandOf(args).join(" ")} | ${reader}`;
  return await run(["sh", "-c", command], { env: LOCAL });
}

/** A command that goes on while the test does something else. */
export interface RunningCommand extends AsyncDisposable {
  /** Standard output so far. */
  output(): string;
  /** Resolves when the output has this, now or later. */
  printed(pattern: RegExp): Promise<void>;
  /** Writes to its standard input. */
  type(text: string): Promise<void>;
  signal(signal: Deno.Signal): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
}

/** Starts a command. It ends with the test, failed or not. */
export function startJobs(
  args: readonly string[],
  env: Readonly<Record<string, string>> = LOCAL,
): RunningCommand {
  return start(commandOf(args), env);
}

/** Starts a command on a terminal of its own, 80 columns by 24 rows. */
export function startJobsOnTerminal(args: readonly string[]): RunningCommand {
  const command = `stty cols 80 rows 24; exec ${commandOf(args).join(" ")}`;
  const script = ["script", "--quiet", "--return", "--flush", "--command"];
  return start([...script, command, "/dev/null"], { ...LOCAL, NO_COLOR: "" });
}

function start(
  [program, ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningCommand {
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  let output = "";
  let arrived = Promise.withResolvers<void>();
  const read = (async () => {
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      output += text;
      arrived.resolve();
      arrived = Promise.withResolvers();
    }
  })();
  const ended = child.status.then(async ({ code }) => {
    await read;
    return code;
  });

  async function printed(pattern: RegExp): Promise<void> {
    const over = ended.then((code) => {
      throw new Error(`It ended with ${code} and ${output}`);
    });
    // Its end does not matter once the pattern was seen.
    over.catch(() => {});
    // One limit for all of it: what draws its screen anew goes on for ever.
    const deadline = Date.now() + 20_000;
    while (!pattern.test(output)) {
      await within(
        Math.max(deadline - Date.now(), 0),
        `${pattern} in ${output}`,
        Promise.race([arrived.promise, over]),
      );
    }
  }

  return {
    output: () => output,
    printed,
    type: (text) => input.write(new TextEncoder().encode(text)),
    signal: (signal) => child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It has ended, and its end has been seen.
        if (!(error instanceof TypeError)) throw error;
      }
      await ended;
      await input.close().catch(() => {});
    },
  };
}

function commandOf(args: readonly string[]): string[] {
  const entry = join(config.repoDir, "scripts", "duewatch.sh");
  return ["sh", entry, "jobs", ...args];
}
