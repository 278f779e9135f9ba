import { join, resolve } from "node:path";
import type { Outcome } from "../command.ts";
import type { CommonOptions } from "../common_options.ts";
import { examine } from "../doctor/examine.ts";
import { readBasics } from "../doctor/facts.ts";
import { faultsText, inOrder } from "../doctor/fault.ts";
import { listPending } from "../doctor/installation.ts";
import { configFaults } from "../doctor/settings.ts";
import { DuewatchError } from "../errors.ts";
import { awaitAcceptance } from "../keys/acceptance.ts";
import { type HostedProject, runCli, setSecrets } from "../keys/holder.ts";
import { KINDS, NAMES } from "../keys/kinds.ts";
import { makeNext, readRotation, switchKeys } from "../keys/vault.ts";
import {
  type DatabaseOptions,
  type ProjectDatabase,
  withProjectDatabase,
} from "../preflight/database.ts";
import { writeFiles } from "../project/files.ts";
import { findProject, type Project } from "../project/project.ts";
import type { Session } from "../session.ts";
import {
  type Destination,
  findDestination,
  functionsToDeploy,
  readSecretsFile,
  withoutVaultSettings,
} from "./plan.ts";
import { settingsFor, storeSettings } from "./settings.ts";
import {
  isPaused,
  pauseUntilVerified,
  previewText,
  resume,
  runOnce,
} from "./turn_on.ts";

/** What `duewatch deploy` is given. */
export interface DeployOptions extends CommonOptions, DatabaseOptions {
  readonly profile?: string;
  readonly functionsUrl?: string;
  readonly secretsFile?: string;
  readonly turnOn?: boolean;
}

/** What is deployed, and how. */
interface Deployment {
  readonly session: Session;
  readonly options: DeployOptions;
  readonly project: Project;
  readonly destination: Destination;
  readonly hosted: HostedProject;
  readonly database: ProjectDatabase;
  readonly functions: readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly pending: readonly string[];
  /** Whether the database had Duewatch before. */
  readonly wasInstalled: boolean;
}

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
  const hosted = {
    ref: destination.ref,
    dir: project.dir,
    profile: options.profile,
  };
  await checkConfig(project, functions);
  return await withProjectDatabase(
    session,
    project.dir,
    dbUrl === undefined ? { projectRef: destination.ref } : { dbUrl },
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
        hosted,
        database,
        functions,
        secrets,
        pending,
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
  const made: string[] = [];
  for (const kind of KINDS) {
    const { current } = await readRotation(database, kind);
    if (current === null) made.push(kind);
  }
  const names = Object.keys(secrets);
  const config = await configOf(deployment);
  return [
    `To the project ${destination.ref}, database ${database.name}:`,
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

async function configOf({ project }: Deployment): Promise<string | null> {
  const path = join(project.supabaseDir, "config.toml");
  const before = await Deno.readTextFile(path);
  const after = withoutVaultSettings(before);
  return after === before ? null : after;
}

async function carryOut(deployment: Deployment): Promise<string[]> {
  const { session, database, destination, functions, secrets, hosted } =
    deployment;
  const config = await configOf(deployment);
  if (config !== null) {
    await writeFiles(deployment.project, [["config.toml", config]]);
  }

  session.say("Keys and settings…");
  const keys: Record<string, string> = {};
  for (const kind of KINDS) {
    if ((await readRotation(database, kind)).current === null) {
      await makeNext(database, kind);
      await switchKeys(database, kind);
    }
    const { current, next, former } = await readRotation(database, kind);
    keys[NAMES[kind].variable] = [current, next, former]
      .flatMap((key) => key === null ? [] : [key.value])
      .join(",");
  }
  await setSecrets(session, hosted, { ...keys, ...secrets });
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
  return [
    `Deployed to ${hosted.ref}: ${deployment.pending.length} migrations, ` +
    `${functions.length} functions, ${
      Object.keys(secrets).length + 2
    } secrets.`,
    "Each function answers the database and accepts its key.",
  ];
}

/** Pushes to the database that was named, and to no other. */
async function push({ session, options, hosted }: Deployment): Promise<void> {
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

async function turnOn(
  deployment: Deployment,
  did: readonly string[],
): Promise<Outcome> {
  const { session, database, project, options, destination } = deployment;
  const data = { projectRef: destination.ref };
  const { faults } = await examine(session, { database, local: null, project });
  const failures = inOrder(faults)
    .filter(({ severity }) => severity === "failure");
  if (failures.length > 0) {
    session.say(faultsText(failures));
    return {
      exitCode: 1,
      did: [...did, "Something is wrong, so the schedule stays as it is."],
      next: ["Repair the first, then: duewatch deploy"],
      data: { ...data, turnedOn: false },
    };
  }
  if (!await isPaused(database)) {
    return {
      did: [...did, "The schedule was on before, and stays on."],
      next: ["duewatch doctor"],
      data: { ...data, turnedOn: true },
    };
  }
  const preview = await previewText(database);
  if (!mayRun(session, options, preview)) {
    return {
      did: [...did, "The schedule stays off, and nothing was marked."],
      next: [
        "duewatch deploy --turn-on    runs it once and turns the schedule on",
      ],
      data: { ...data, turnedOn: false },
    };
  }
  const marked = await runOnce(session, database);
  await resume(database);
  return {
    did: [
      ...did,
      `The first run marked ${marked} installments.`,
      "The schedule is on: the job runs every day.",
    ],
    next: [
      "duewatch doctor          is all well?",
      "npm run jobs -- status   and from then on",
    ],
    data: { ...data, turnedOn: true, marked },
  };
}

/** A person has to agree to what is marked; --yes alone does not. */
function mayRun(
  session: Session,
  { turnOn, yes }: DeployOptions,
  preview: string,
): boolean {
  if (turnOn || yes) {
    session.say(preview);
    return turnOn ?? false;
  }
  try {
    return session.confirm(
      `\n${preview}\nRun it now, and turn the schedule on?`,
    );
  } catch (error) {
    if (error instanceof DuewatchError && error.exitCode === 3) return false;
    throw error;
  }
}
