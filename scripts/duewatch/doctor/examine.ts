import { z } from "zod";
import { functionNames } from "../../functions/catalog.ts";
import { messageOf } from "../../process/message_of.ts";
import { readPackage } from "../names/package_sources.ts";
import { readReleases } from "../../schemas/releases.ts";
import { listMigrations, OUR_MIGRATION } from "../project/migrations.ts";
import { renderingOf } from "../project/rendering.ts";
import type { Session } from "../session.ts";
import {
  clockFaults,
  cronFaults,
  versionFaults,
} from "./clock_and_versions.ts";
import { callFunctions, type FunctionAnswer, type Probe } from "./calls.ts";
import { type Basics, readBasics, readHealth, readSettings } from "./facts.ts";
import { examineTables, withoutConsequences } from "./domain.ts";
import { editedFunctions, readFunctions } from "./edited.ts";
import { type Fault, fault } from "./fault.ts";
import { functionFaults } from "./functions.ts";
import { lookAtFunctions, type OwnLook } from "./own_look.ts";
import { probesOf } from "./probes.ts";
import { healthFaults } from "./health.ts";
import { runVerify, sourcesFor, verifyFaults } from "./installation.ts";
import { examineMigrations } from "./migrations.ts";
import { noState, OUR_TABLE_NAMES, readNames } from "./folder.ts";
import { serverFaults } from "./server.ts";
import { SAID_BETTER } from "./verify_words.ts";
import { configFaults, settingFaults } from "./settings.ts";
import type { Target } from "./target.ts";

/** What an examination has found. */
export interface Examination {
  /** Causes before their consequences. */
  readonly faults: readonly Fault[];
  /** What was looked at, a sentence each. */
  readonly looked: readonly string[];
}

/**
 * Examines an installation from its foundation to its runs, so that a cause is
 * found before what follows from it. Nothing is changed.
 *
 * @throws DuewatchError when the database does not answer.
 */
export async function examine(
  session: Session,
  { database, ref, local, project }: Target,
): Promise<Examination> {
  const before = session.now();
  const basics = await readBasics(database);
  const here = new Date((before.getTime() + session.now().getTime()) / 2);
  const looked = [`PostgreSQL ${basics.server} at ${database.name}`];
  const ours = await functionNames(session.packageDir);
  const found: Fault[] = [];
  const add = (faults: readonly Fault[]) => found.push(...faults);
  add(serverFaults(basics));
  const attempt = async <T>(what: string, work: () => Promise<T>) => {
    try {
      return await work();
    } catch (error) {
      if (session.signal.aborted) throw error;
      found.push(fault(
        "not_examined",
        `${what} cannot be examined: ${messageOf(error)}`,
        "Repair what stands above it first.",
      ));
      return null;
    }
  };

  await attempt("The history of migrations", async () => {
    add(await examineMigrations(database, project, basics));
  });
  const { state, knowsNames, faults: ofFolder } = await readNames(
    session,
    { database, project },
    basics,
  );
  add(ofFolder);
  const sourceOf = sourcesFor(session.packageDir, state);
  const tables = basics.isInstalled && knowsNames
    ? await attempt("The project's tables", async () => {
      const { domain } = await readPackage(session.packageDir);
      const { map } = renderingOf(state ?? noState(), domain);
      return await examineTables(database, map, domain);
    }) ?? []
    : [];
  add(tables);
  await attempt("The installation", async () => {
    const failed = await runVerify(database, session.packageDir, project);
    const all = await verifyFaults(failed, sourceOf);
    if (!basics.hasSchema && await isWithoutUs(project)) {
      return add(all.map(installFirst));
    }
    const faults = all.filter(({ code, what }) =>
      !(basics.hasSettings && SAID_BETTER.includes(code)) &&
      // Before its migration was pushed.
      !(code === "not_installed" && !basics.hasSchema &&
        found.some((other) =>
          other.code === "migrations_pending" && other.severity === "failure"
        )) &&
      (knowsNames || !basics.isInstalled || !OUR_TABLE_NAMES.test(what))
    );
    add(withoutConsequences(faults, tables));
  });
  const { version: ofProgram } = await readPackage(session.packageDir);
  if (basics.hasManifest && basics.version === ofProgram) {
    await attempt("The functions in the database", async () => {
      add(await editedFunctions(await readFunctions(database), sourceOf));
    });
  }
  add(cronFaults(basics));
  if (!basics.isInstalled) return { faults: found, looked };

  const settings = basics.hasSettings ? await readSettings(database) : null;
  if (settings !== null) add(settingFaults(settings, local, ref));
  add(await configFaults(project, state?.complete || local ? ours : []));

  let look: OwnLook | null = null;
  const hasHttp = !found.some(({ code, what }) =>
    code === "extension_missing" && what.includes(" http ")
  );
  const canCall = settings !== null && basics.canCall && hasHttp &&
    settings.functionsUrl.value !== null && settings.jobKey.value !== null;
  if (canCall) {
    look = await attempt("The functions", async () => {
      const slugs = await slugsOf(basics, database, ours);
      session.progress("Asking the functions…");
      const answers = await askFunctions(database, probesOf(slugs, ours));
      const isMalformed = found.some(({ code }) => code === "key_malformed");
      add(
        functionFaults(answers, settings)
          .filter(({ code }) => !(isMalformed && code === "keys_differ")),
      );
      looked.push(
        `${slugs.length} functions at ${settings.functionsUrl.value}`,
      );
      return await lookAtFunctions(settings, session.signal);
    });
    const functions = look?.version ?? null;
    add(versionFaults({
      database: settings.version,
      functions,
      program: ofProgram,
      releases: (await readReleases(session.packageDir))
        .map((release) => release.version),
    }));
    looked.push(
      `Duewatch ${settings.version} in the database, ${
        functions ?? "an unknown version"
      } in the functions`,
    );
  }
  add(clockFaults(basics, here, look));
  if (basics.hasHealth) {
    await attempt("The health of the jobs", async () => {
      const known = new Set(found.map(({ code }) => code));
      const health = await readHealth(database);
      add(healthFaults(health, known));
      looked.push(`${health.jobs.length} jobs`);
    });
  }
  return { faults: found, looked };
}

/** Whether a project's folder has no migration of ours that could be pushed. */
async function isWithoutUs(project: Target["project"]): Promise<boolean> {
  return project !== null &&
    !(await listMigrations(project)).some((name) => OUR_MIGRATION.test(name));
}

function installFirst(found: Fault): Fault {
  return found.code === "not_installed"
    ? {
      ...found,
      todo: "Install it, then deploy it.",
      command: "duewatch install",
    }
    : found;
}

/**
 * Lets the database ask the functions. When the first does not answer, one more
 * is asked and no other: each of them would be waited for.
 */
async function askFunctions(
  database: Target["database"],
  probes: readonly Probe[],
): Promise<FunctionAnswer[]> {
  const first = await callFunctions(database, probes.slice(0, 1));
  const isSilent = first.some(({ problem }) => problem !== null);
  const others = await callFunctions(
    database,
    isSilent ? probes.slice(-1) : probes.slice(1),
  );
  return [...first, ...others];
}

/** The functions of Duewatch, and those of the jobs that are registered. */
async function slugsOf(
  { hasDefinitions }: Basics,
  database: Target["database"],
  ours: readonly string[],
): Promise<string[]> {
  const registered = hasDefinitions
    ? z.array(z.string()).parse(
      await database.read(
        "select coalesce(jsonb_agg(distinct function_slug), '[]') from jobs.definitions",
      ),
    )
    : [];
  // The health check first: the others are of little use without it.
  return [...new Set(["check-job-health", ...ours, ...registered])];
}
