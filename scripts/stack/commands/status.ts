import { type StackConfig, stackUrls } from "../config.ts";
import { formatFacts } from "../facts.ts";
import { readConfig, type StackStatus, stackStatus } from "../stack.ts";

/** `npm run status [-- --json]`: exit code 1 when the stack is not running. */
export async function status(
  options: { readonly json: boolean },
): Promise<void> {
  const config = readConfig();
  const current = await stackStatus(config);
  console.log(
    options.json
      ? JSON.stringify(statusDocument(config, current), null, 2)
      : formatStatus(config, current),
  );
  if (!current.running) Deno.exitCode = 1;
}

/** What `status --json` prints; other tools rely on these names. */
export function statusDocument(
  config: StackConfig,
  status: StackStatus,
): Readonly<Record<string, unknown>> {
  return {
    running: status.running,
    ...stackUrls(config),
    jobsApiKey: status.keys?.jobsApiKey ?? null,
    readKey: status.keys?.readKey ?? null,
    publishableKey: status.keys?.publishableKey ?? null,
    secretKey: status.keys?.secretKey ?? null,
    jwtSecret: status.keys?.jwtSecret ?? null,
    jwtKeyId: status.keys?.jwtKeyId ?? null,
    postgresRunning: status.postgresRunning,
    gatewayRunning: status.gatewayRunning,
    postgresVersion: status.postgresVersion,
    functions: status.functions,
    stateDir: config.stateDir,
    logs: status.logs,
  };
}

function formatStatus(config: StackConfig, status: StackStatus): string {
  const urls = stackUrls(config);
  const functions = Object.entries(status.functions)
    .map(([name, state]) => `${name} (${state})`);
  return formatFacts([
    ["stack", status.running ? "running" : "not running"],
    ["Postgres", describe(status.postgresRunning, status.postgresVersion)],
    ["gateway", describe(status.gatewayRunning, null)],
    ["functions", functions.join(", ") || null],
    ["API", urls.apiUrl],
    ["database", urls.databaseUrl],
    ["job key", status.keys?.jobsApiKey ?? null],
    ["read key", status.keys?.readKey ?? null],
    ["publishable key", status.keys?.publishableKey ?? null],
    ["secret key", status.keys?.secretKey ?? null],
    ["state", config.stateDir],
    ["gateway log", status.logs.gateway],
    ["functions log", status.logs.functions],
    ["Postgres log", status.logs.postgres],
  ]);
}

function describe(running: boolean, version: number | null): string {
  const state = running ? "running" : "stopped";
  return version === null ? state : `${state} (version ${version})`;
}
