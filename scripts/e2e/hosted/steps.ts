import { deepEqual, equal, match } from "node:assert/strict";
import { rowsOf, SAME_NAMES } from "../foreign/domains.ts";
import { assertAsBefore, type Snapshot } from "../foreign/journey.ts";
import type { HostedWorld } from "../support/hosted_project.ts";

/** Runs a command that has to succeed. */
export async function succeeds(
  world: HostedWorld,
  args: readonly string[],
): Promise<string> {
  const { exitCode, output, notes } = await world.duewatch(args);
  equal(exitCode, 0, `${args.join(" ")}: ${output}${notes}`);
  return output;
}

/** Deploys and turns the schedule on, without a question. */
export const deployment = (
  { api }: HostedWorld,
  target: readonly string[],
) => [
  "deploy",
  ...target,
  "--functions-url",
  api.functionsUrl,
  "--yes",
  "--turn-on",
];

/** Installs with preflight, deploys, and asks the doctor. */
export async function installAndDeploy(
  world: HostedWorld,
  target: readonly string[],
): Promise<void> {
  await world.sql.unsafe(rowsOf(SAME_NAMES.names)).simple();
  const installed = await succeeds(world, ["install", ...target, "--yes"]);
  match(installed, /Looked at the project abcdefghijklmnopqrst:/);
  match(installed, /· About [\d,]+ installments/);
  match(
    await succeeds(world, deployment(world, target)),
    /The first run marked [1-9]\d* inst/,
  );
  match(
    await succeeds(world, ["doctor", ...target]),
    /at the project abcdefghijklmnopqrst[\s\S]*\nNothing (?:is wrong|has failed)/,
  );
}

/** Uninstalls: database, functions, secrets and folder are as before. */
export async function leave(
  world: HostedWorld,
  target: readonly string[],
  before: Snapshot,
): Promise<void> {
  const { api } = world;
  const removed = await succeeds(world, ["uninstall", ...target, "--yes"]);
  match(removed, /Deleted \d+ functions of abcdefghijklmnopqrst\./);
  match(removed, /Unset the secrets JOBS_API_KEY and JOBS_READ_KEY\./);
  deepEqual([[...api.deployed], [...api.secrets]], [[], []]);
  await assertAsBefore(world, before);
}
