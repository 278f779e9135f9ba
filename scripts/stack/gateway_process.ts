import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../json/parse_json.ts";
import { configEnvironment, type StackConfig, stackUrls } from "./config.ts";
import { StackError } from "./errors.ts";
import { readIfExists, removeIfExists } from "./files.ts";
import type { StackKeys } from "./keys.ts";
import { lastLines } from "./log_file.ts";
import { assertPortIsFree } from "./ports.ts";
import { isAlive, type ProcessIdentity } from "./proc.ts";
import { statePaths } from "./state_dir.ts";
import { waitFor } from "./wait.ts";

const identitySchema = z.object({ pid: z.number(), startTicks: z.number() });

const healthSchema = z.object({
  instanceId: z.string(),
  version: z.string().nullable(),
  functions: z.record(z.string(), z.enum(["starting", "running", "failed"])),
});

/** What a running gateway says of itself. */
export type GatewayHealth = z.infer<typeof healthSchema>;

/**
 * Starts the gateway in the background unless this stack's own one runs
 * already, with the same program and the same keys.
 *
 * @returns the names of functions that did not start.
 * @throws StackError when the port is taken or the gateway does not come up.
 */
export async function ensureGateway(
  config: StackConfig,
  keys: StackKeys,
): Promise<string[]> {
  const version = await gatewayVersion(config);
  const running = await runningGateway(config);
  if (running !== null) {
    const health = await gatewayHealth(config);
    const current = health?.instanceId === keys.instanceId &&
      health.version === version;
    if (current) return await failedFunctions(config);
    await stopGateway(config);
  }
  await removeIfExists(statePaths(config).gatewayPidFile);
  await assertPortIsFree(config.apiPort, "the gateway", "DUEWATCH_API_PORT");
  spawnGateway(config, version);
  const up = await waitFor(async () => {
    const health = await gatewayHealth(config);
    return health?.instanceId === keys.instanceId;
  }, 60_000);
  if (!up) {
    const log = statePaths(config).gatewayLog;
    throw new StackError(
      `The gateway did not start. The end of its log, ${log}:\n` +
        await lastLines(log, 15),
    );
  }
  return await failedFunctions(config);
}

/** Ends the gateway and with it all functions; false when none ran. */
export async function stopGateway(config: StackConfig): Promise<boolean> {
  const running = await runningGateway(config);
  if (running !== null) {
    const hasEnded = () => !isAlive(running);
    Deno.kill(running.pid, "SIGTERM");
    if (!await waitFor(hasEnded, 15_000)) {
      Deno.kill(running.pid, "SIGKILL");
      await waitFor(hasEnded, 5_000);
    }
  }
  await removeIfExists(statePaths(config).gatewayPidFile);
  return running !== null;
}

/**
 * Lets the functions read their environment again; requests under way end first.
 *
 * @returns false when no gateway runs.
 */
export async function reloadFunctions(config: StackConfig): Promise<boolean> {
  const running = await runningGateway(config);
  if (running !== null) Deno.kill(running.pid, "SIGHUP");
  return running !== null;
}

/** The gateway of this stack, if it is alive. */
export async function runningGateway(
  config: StackConfig,
): Promise<ProcessIdentity | null> {
  const text = await readIfExists(statePaths(config).gatewayPidFile);
  if (text === null) return null;
  const parsed = identitySchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  return isAlive(parsed.data) ? parsed.data : null;
}

/** Asks the gateway for its health; `null` when no gateway of ours answers. */
export async function gatewayHealth(
  config: StackConfig,
): Promise<GatewayHealth | null> {
  try {
    const answer = await fetch(
      `${stackUrls(config).functionsUrl}/_internal/health`,
      { signal: AbortSignal.timeout(2_000) },
    );
    const parsed = healthSchema.safeParse(await answer.json());
    return parsed.success ? parsed.data : null;
  } catch (error) {
    // Nothing listens there, or a program with another protocol does.
    if (error instanceof TypeError || error instanceof SyntaxError) return null;
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function spawnGateway(config: StackConfig, version: string): void {
  const entry = join(import.meta.dirname ?? "", "gateway", "main.ts");
  // A session of its own, so that closing the terminal does not end it.
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      'exec setsid "$@" </dev/null >>"$DUEWATCH_GATEWAY_LOG" 2>&1',
      "sh",
      Deno.execPath(),
      "run",
      "-A",
      entry,
    ],
    cwd: config.repoDir,
    env: {
      ...configEnvironment(config),
      DUEWATCH_GATEWAY_LOG: statePaths(config).gatewayLog,
      DUEWATCH_GATEWAY_VERSION: version,
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  child.unref();
}

async function failedFunctions(config: StackConfig): Promise<string[]> {
  const settled = await waitFor(async () => {
    const functions = (await gatewayHealth(config))?.functions ?? {};
    return !Object.values(functions).includes("starting") && functions;
  }, 90_000);
  return Object.entries(settled ?? {})
    .filter(([, state]) => state !== "running")
    .map(([name]) => name);
}

/** A hash of everything that the gateway's process is made of. */
async function gatewayVersion(config: StackConfig): Promise<string> {
  const hash = createHash("sha256").update(config.functionsEnvFile);
  const folder = import.meta.dirname ?? "";
  const files = [
    join(config.repoDir, "deno.json"),
    statePaths(config).keysFile,
    ...sources(folder),
    ...sources(join(folder, "gateway")),
  ];
  for (const file of files) hash.update(await readIfExists(file) ?? "");
  return hash.digest("hex");
}

function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile && entry.name.endsWith(".ts"))
    .filter((entry) => !entry.name.endsWith(".test.ts"))
    .map((entry) => join(folder, entry.name))
    .sort();
}
