import { createHash } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { copyUpload } from "../../functions/upload.ts";
import { run } from "../command.ts";
import type { LogFile } from "../log_file.ts";

// Read once: after `npm ci` has replaced the program under a running gateway,
// the kernel knows the old one only as deleted.
const DENO = Deno.execPath();

const START_TIMEOUT_MS = 60_000;

/** How to start the process of one function. */
export interface FunctionProcessOptions {
  /** Name of the function and of its folder. */
  readonly name: string;
  /** The checkout. */
  readonly repoDir: string;
  /** The folder of the functions in it. */
  readonly functionsDir: string;
  /** Where each function has its copy; outside the checkout. */
  readonly copiesDir: string;
  /** Reads the environment of the functions, again for every process. */
  readonly environment: () => Promise<Record<string, string>>;
  readonly log: LogFile;
}

/** One running Edge Function. */
export interface FunctionProcess {
  /** Where it listens, such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  readonly pid: number;
  /** Settles when the process has ended, however it ended. */
  readonly ended: Promise<void>;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a function in a Deno process of its own, which may use the network
 * and its environment and nothing else, as the hosted edge runtime allows. It
 * runs from a copy of the files that are uploaded for it, and from no others.
 *
 * @throws Error when the function does not start listening, for instance
 *   because of a syntax error.
 */
export async function startFunctionProcess(
  options: FunctionProcessOptions,
): Promise<FunctionProcess> {
  const { name, repoDir, functionsDir, copiesDir } = options;
  const folder = await copyUpload(
    join(functionsDir, name),
    repoDir,
    join(copiesDir, name),
  );
  const entry = join(folder, "index.ts");
  await fetchDependencies(entry, options.log);
  // setpriv lets the kernel end the function when the gateway dies, however it
  // dies, so that none is left behind.
  const child = new Deno.Command("setpriv", {
    args: [
      "--pdeathsig=KILL",
      DENO,
      "serve",
      "--host=127.0.0.1",
      "--port=0",
      "--allow-net",
      "--allow-env",
      "--no-prompt",
      "--cached-only",
      entry,
    ],
    cwd: folder,
    clearEnv: true,
    env: { ...await options.environment(), ...await denoEnvironment() },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ended = child.status.then(({ code, signal }) => {
    options.log.event("function_ended", { name: options.name, code, signal });
  });
  pump(child.stdout, options, () => {});
  const listening = new Promise<string>((resolve) => {
    pump(child.stderr, options, (line) => {
      const match = /Listening on (http:\/\/127\.0\.0\.1:\d+)\//.exec(line);
      if (match) resolve(match[1]);
    });
  });
  const origin = await Promise.race([
    listening,
    ended,
    delay(START_TIMEOUT_MS, undefined, { ref: false }),
  ]);
  if (origin === undefined) {
    await stop(child, ended);
    throw new Error(`The function ${options.name} did not start.`);
  }
  options.log.event("function_started", { name: options.name, origin });
  return { origin, pid: child.pid, ended, stop: () => stop(child, ended) };
}

// The process itself runs without the developer's environment, so npm's
// settings and credentials are used here and not there.
async function fetchDependencies(entry: string, log: LogFile): Promise<void> {
  const env = { DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" };
  const { code, stderr } = await run([DENO, "cache", entry], { env });
  if (code !== 0) log.write(stderr);
}

/**
 * Where the functions of a checkout have their copies. It is the same for every
 * stack of the checkout, because Deno keeps what it compiled by the path.
 */
export async function functionCopiesDir(repoDir: string): Promise<string> {
  const hash = createHash("sha256").update(repoDir).digest("hex");
  return join(await denoDir(), "duewatch", hash.slice(0, 12));
}

async function denoDir(): Promise<string> {
  const { stdout } = await run([DENO, "info", "--json"]);
  const info: { denoDir: string } = JSON.parse(stdout);
  return info.denoDir;
}

async function denoEnvironment(): Promise<Record<string, string>> {
  return {
    DENO_DIR: await denoDir(),
    DENO_NO_PACKAGE_JSON: "1",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

async function pump(
  stream: ReadableStream<Uint8Array>,
  options: FunctionProcessOptions,
  onLine: (line: string) => void,
): Promise<void> {
  for await (const line of createInterface(Readable.fromWeb(stream))) {
    options.log.write(`[${options.name}] ${line}\n`);
    onLine(line);
  }
}

async function stop(
  child: Deno.ChildProcess,
  ended: Promise<void>,
): Promise<void> {
  const timer = setTimeout(() => signal(child, "SIGKILL"), 5_000);
  signal(child, "SIGTERM");
  await ended;
  clearTimeout(timer);
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch (error) {
    const alreadyGone = error instanceof TypeError ||
      error instanceof Deno.errors.NotFound;
    if (!alreadyGone) throw error;
  }
}
