import { gatewayHealth, runningGateway } from "../../stack/gateway_process.ts";
import { removeIfExists, writeSecretFile } from "../../stack/files.ts";
import { commandLine } from "../../stack/proc.ts";
import type { StackConfig } from "../../stack/stack.ts";
import { waitFor } from "../../stack/wait.ts";
import { killAndWait, processTree } from "./processes.ts";
import { config as testConfig } from "./stack.ts";

/**
 * Gives an Edge Function secrets for the length of some work, failed or not.
 *
 * @param slug of the function; others get them only when they start anew.
 */
export async function withFunctionSecrets<T>(
  slug: string,
  secrets: Readonly<Record<string, string>>,
  work: () => Promise<T>,
  config: StackConfig = testConfig,
): Promise<T> {
  const lines = Object.entries(secrets).map(([name, value]) =>
    `${name}="${value}"\n`
  );
  await writeSecretFile(config.functionsEnvFile, lines.join(""));
  await endFunction(slug, config);
  try {
    return await work();
  } finally {
    await removeIfExists(config.functionsEnvFile);
    await endFunction(slug, config);
  }
}

/**
 * Kills the process of an Edge Function and waits until the gateway knows. The
 * next request starts another, with the secrets of that time.
 */
export async function endFunction(
  slug: string,
  config: StackConfig = testConfig,
): Promise<void> {
  const ended = await waitFor(async () => {
    const state = (await gatewayHealth(config))?.functions[slug];
    if (state === undefined || state === "failed") return true;
    // One that starts has read its secrets already.
    if (state === "running") await killFunction(slug, config);
    return undefined;
  }, 60_000);
  if (ended === undefined) {
    throw new Error(`The function ${slug} is still running.`);
  }
}

/** Sends SIGKILL to the process of an Edge Function, if it has one. */
export async function killFunction(
  slug: string,
  config: StackConfig = testConfig,
): Promise<void> {
  const gateway = await runningGateway(config);
  if (gateway === null) throw new Error("The gateway does not run.");
  for (const pid of await processTree(gateway.pid)) {
    const command = await commandLine(pid);
    const isIt = command.some((word) => word.endsWith(`/${slug}/index.ts`));
    if (isIt) await killAndWait(pid, "SIGKILL");
  }
}
