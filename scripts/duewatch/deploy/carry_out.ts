import { join } from "node:path";
import { count } from "../count.ts";
import { awaitAcceptance } from "../keys/acceptance.ts";
import { runCli } from "../hosted/supabase_cli.ts";
import { setSecrets } from "../keys/holder.ts";
import { KINDS, NAMES } from "../keys/kinds.ts";
import { makeNext, readRotations, switchKeys } from "../keys/vault.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import { writeFiles } from "../project/files.ts";
import { disarm } from "./copy.ts";
import type { Deployment } from "./deployment.ts";
import { withoutVaultSettings } from "./plan.ts";
import { settingsFor, storeSettings } from "./settings.ts";
import { pauseUntilVerified } from "./turn_on.ts";

/** @returns config.toml as it has to be; null when it is so already. */
export async function configOf(
  { project }: Deployment,
): Promise<string | null> {
  const path = join(project.supabaseDir, "config.toml");
  const before = await Deno.readTextFile(path);
  const after = withoutVaultSettings(before);
  return after === before ? null : after;
}

/**
 * Does all steps before the first run.
 *
 * @returns what was done, a sentence each.
 */
export async function carryOut(deployment: Deployment): Promise<string[]> {
  const { session, database, destination, functions, secrets } = deployment;
  const { hosted } = destination;
  const config = await configOf(deployment);
  if (config !== null) {
    await writeFiles(deployment.project, [["config.toml", config]]);
  }

  if (deployment.copyOf !== null) await disarm(database, deployment.copyOf);
  session.say("Keys and settings…");
  await setSecrets(session, hosted, {
    ...await makeKeys(database),
    ...secrets,
  });
  await storeSettings(
    database,
    settingsFor(destination.functionsUrl, secrets),
  );

  if (deployment.pending.length > 0) {
    session.say("Migrations…");
    await push(deployment);
    // A checkout's own migration schedules at once.
    if (!deployment.wasInstalled) await pauseUntilVerified(database);
  }
  session.say("Functions…");
  await runCli(session, hosted, "deploy the functions", [
    "functions",
    "deploy",
    ...functions,
    "--use-api",
    `--remote=${hosted.ref}`,
  ]);

  session.say("Does each function answer?");
  for (const kind of KINDS) {
    await awaitAcceptance(database, kind, NAMES[kind].secret, functions, {
      signal: session.signal,
      timesInARow: 1,
    });
  }
  // It announces the channels, which is otherwise done within the hour.
  await database.change("select jobs.check_health()");
  return [
    `Deployed to ${hosted.ref}: ${
      count(deployment.pending.length, "migration")
    }, ${count(functions.length, "function")}, ${
      count(Object.keys(secrets).length + 2, "secret")
    }.`,
    "Each function answers the database and accepts its key.",
  ];
}

/**
 * Makes the keys that are missing.
 *
 * @returns all that the functions have to accept, by their variables.
 */
async function makeKeys(
  database: ProjectDatabase,
): Promise<Record<string, string>> {
  const before = await readRotations(database);
  const missing = KINDS.filter((kind) => before[kind].current === null);
  for (const kind of missing) {
    await makeNext(database, kind);
    await switchKeys(database, kind);
  }
  const rotations = missing.length === 0
    ? before
    : await readRotations(database);
  return Object.fromEntries(KINDS.map((kind) => {
    const { current, next, former } = rotations[kind];
    const values = [current, next, former]
      .flatMap((key) => key === null ? [] : [key.value]);
    return [NAMES[kind].variable, values.join(",")];
  }));
}

/** Pushes to the database that was named, and to no other. */
async function push(
  { session, options, destination: { hosted } }: Deployment,
): Promise<void> {
  const { dbUrl } = options;
  if (dbUrl === undefined) {
    await runCli(session, hosted, "push the migrations", [
      "db",
      "push",
      `--remote=${hosted.ref}`,
    ]);
    return;
  }
  // The password must not stand in the arguments, which all users can read.
  const url = new URL(dbUrl);
  const password = decodeURIComponent(url.password);
  url.password = "";
  await runCli(session, hosted, "push the migrations", [
    "db",
    "push",
    `--remote=${url.href}`,
  ], password === "" ? {} : { PGPASSWORD: password });
}
