import { resolve } from "node:path";
import type { Outcome } from "../command.ts";
import { readBasics } from "../doctor/facts.ts";
import { faultsText } from "../doctor/fault.ts";
import { listPending } from "../doctor/migrations.ts";
import { configFaults } from "../doctor/settings.ts";
import { DuewatchError } from "../errors.ts";
import { checkProject } from "../hosted/supabase_cli.ts";
import { KINDS, NAMES } from "../keys/kinds.ts";
import { readRotations } from "../keys/vault.ts";
import { withProjectDatabase } from "../preflight/database.ts";
import { findProject, type Project } from "../project/project.ts";
import type { Session } from "../session.ts";
import { carryOut, configOf } from "./carry_out.ts";
import { copyOf } from "./copy.ts";
import type { Deployment, DeployOptions } from "./deployment.ts";
import { turnOn } from "./first_run.ts";
import { findDestination, functionsToDeploy, readSecretsFile } from "./plan.ts";
import { settingsFor } from "./settings.ts";

/**
 * Brings a project into the cloud: keys, secrets, Vault, migrations, functions,
 * a check, the first run, the schedule. Every step can be done again, so after a
 * failure the same command goes on.
 */
export async function deploy(
  session: Session,
  folder: string,
  given: DeployOptions,
): Promise<Outcome> {
  const dbUrl = given.dbUrl ??
    (session.environment.DUEWATCH_DB_URL || undefined);
  const options = { ...given, dbUrl };
  const project = await findProject(session.cwd, folder);
  const destination = await findDestination(project, options);
  const functions = await functionsToDeploy(session, project);
  const secrets = await readSecretsFile(
    options.secretsFile === undefined
      ? undefined
      : resolve(session.cwd, options.secretsFile),
  );
  const { hosted } = destination;
  await checkConfig(project, functions);
  await checkProject(session, hosted);
  return await withProjectDatabase(
    session,
    project.dir,
    dbUrl === undefined
      ? { projectRef: hosted.ref, profile: hosted.profile }
      : { dbUrl },
    async (database) => {
      if (database === null) throw new Error("No database was named.");
      const basics = await readBasics(database);
      if (!basics.hasVault) {
        throw new DuewatchError(
          "This database has no Vault, which keeps the key. Enable the extension " +
            "supabase_vault (Database, Extensions), and try again.",
          1,
        );
      }
      const pending = await listPending(database, project, basics);
      const deployment: Deployment = {
        session,
        options,
        project,
        destination,
        database,
        functions,
        secrets,
        pending,
        copyOf: await copyOf(database, destination),
        wasInstalled: basics.isInstalled,
      };
      if (!session.confirm(await planText(deployment))) {
        return { did: ["Nothing was changed, because of --dry-run."] };
      }
      const did = await carryOut(deployment);
      return await turnOn(deployment, did);
    },
  );
}

async function checkConfig(
  project: Project,
  functions: readonly string[],
): Promise<void> {
  const failures = (await configFaults(project, functions))
    .filter(({ severity }) => severity === "failure");
  if (failures.length === 0) return;
  throw new DuewatchError(faultsText(failures), 1);
}

async function planText(deployment: Deployment): Promise<string> {
  const { database, destination, functions, pending, secrets } = deployment;
  // Of a copy the keys are removed, and may not even be readable.
  const rotations = deployment.copyOf === null
    ? await readRotations(database)
    : null;
  const made = KINDS.filter((kind) =>
    (rotations?.[kind].current ?? null) === null
  );
  const names = Object.keys(secrets);
  const config = await configOf(deployment);
  return [
    `Will deploy to the project ${destination.hosted.ref}${
      database.sql === null ? "" : `, database ${database.name}`
    }:`,
    ...deployment.copyOf === null ? [] : [
      `  copy        it is one of ${deployment.copyOf}: it is disarmed first, and its jobs stay paused`,
    ],
    made.length === 0
      ? "  keys        are there"
      : `  keys        a new ${made.join(" key and a new ")} key`,
    `  secrets     ${
      [NAMES.job.variable, NAMES.read.variable, ...names].join(", ")
    }`,
    `  Vault       ${
      Object.keys(settingsFor(destination.functionsUrl, secrets)).join(", ")
    }`,
    `  migrations  ${
      pending.length === 0 ? "none is pending" : pending.join(", ")
    }`,
    `  functions   ${functions.join(", ")}`,
    ...config === null ? [] : [
      "  config.toml [db.vault] no longer holds functions_url and jobs_api_key",
    ],
    "No installment is marked by this. What the first run will mark is shown afterwards.",
  ].join("\n");
}
