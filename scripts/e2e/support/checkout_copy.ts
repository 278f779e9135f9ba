import { join } from "node:path";
import { freePorts } from "../../check/free_ports.ts";
import { type CommandResult, runOrThrow } from "../../stack/command.ts";
import { configEnvironment } from "../../stack/config.ts";
import { writeSecretFile } from "../../stack/files.ts";
import type { StackConfig } from "../../stack/stack.ts";
import { removeStack } from "./remove_stack.ts";
import { config as testConfig } from "./stack.ts";

/** A copy of the checkout, which can be changed, with its own stack. */
export interface CheckoutCopy {
  readonly dir: string;
  /** Its stack, which does not run yet. */
  readonly config: StackConfig;
  /** Runs commands in it, in a shell that stops at the first failure. */
  shell(commands: string): Promise<CommandResult>;
}

/** What is not copied: state, secrets, history. */
const LEFT_OUT = ["./.git", "./.stack", "./node_modules", ".env*"];

/**
 * Gives some work a copy of the checkout. Its processes end with the work, failed
 * or not.
 *
 * @param secrets of the copy's functions.
 */
export async function withCheckoutCopy(
  secrets: Readonly<Record<string, string>>,
  work: (copy: CheckoutCopy) => Promise<void>,
): Promise<void> {
  const [apiPort, dbPort] = freePorts(2);
  const stateDir = join(testConfig.stateDir, "copy");
  const dir = await Deno.makeTempDir();
  const config: StackConfig = {
    ...testConfig,
    repoDir: dir,
    stateDir,
    apiPort,
    dbPort,
    functionsEnvFile: join(stateDir, "functions.env"),
  };
  const shells = new Set<Deno.ChildProcess>();
  try {
    await removeStack(config);
    await copyTo(dir);
    await Deno.mkdir(stateDir, { recursive: true });
    await writeSecretFile(
      config.functionsEnvFile,
      Object.entries(secrets).map(([name, value]) => `${name}="${value}"\n`)
        .join(""),
    );
    await work({
      dir,
      config,
      shell: (commands) => runShell(commands, config, shells),
    });
  } finally {
    for (const shell of shells) await end(shell);
    await removeStack(config);
    await Deno.remove(dir, { recursive: true });
  }
}

async function copyTo(dir: string): Promise<void> {
  const left = LEFT_OUT.map((pattern) => `--exclude='${pattern}'`).join(" ");
  // With the times of its files: they say whether the packages are current.
  await runOrThrow("copy the checkout", [
    "sh",
    "-eu",
    "-c",
    `tar -C "$1" ${left} -cf - . | tar -C "$2" -xf -`,
    "sh",
    testConfig.repoDir,
    dir,
  ]);
  await Deno.symlink(
    join(testConfig.repoDir, "node_modules"),
    join(dir, "node_modules"),
  );
}

async function runShell(
  commands: string,
  config: StackConfig,
  shells: Set<Deno.ChildProcess>,
): Promise<CommandResult> {
  // A process group of its own, which can be ended as a whole.
  const child = new Deno.Command("setsid", {
    args: ["--wait", "sh", "-eu", "-c", commands],
    cwd: config.repoDir,
    env: { ...configEnvironment(config), NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  shells.add(child);
  const { code, stdout, stderr } = await child.output();
  shells.delete(child);
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

async function end(shell: Deno.ChildProcess): Promise<void> {
  try {
    Deno.kill(-shell.pid, "SIGINT");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await shell.status;
}
