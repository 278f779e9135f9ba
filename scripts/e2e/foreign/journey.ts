import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import type { CommandResult } from "../../stack/command.ts";
import type { RunningStack } from "../../stack/stack.ts";
import { pgDump } from "../support/bare_platform.ts";
import { differences } from "../support/catalog.ts";
import type { Database } from "../support/database.ts";
import type { DomainNames } from "./domain_names.ts";
import { expectedStatuses, statuses } from "./expectation.ts";
import { dbUrl, type ForeignProject, push } from "./project.ts";

/** A project on its way through an installation. */
export interface Journey {
  readonly project: ForeignProject;
  readonly stack: RunningStack;
  readonly sql: Database;
}

/** What a database and a folder are like, to be compared afterwards. */
export interface Snapshot {
  readonly catalog: readonly string[];
  readonly files: ReadonlyMap<string, string>;
}

/** Looks at the whole database, and at the whole folder. */
export async function snapshot(
  { stack, project }: Journey,
): Promise<Snapshot> {
  const dump = await pgDump(stack, "--schema-only");
  return {
    catalog: dump.split(/^--\n-- Name: /m).map((object) => object.trim())
      .sort(),
    files: await project.files(),
  };
}

/** Nothing of Duewatch is left in the database and in the folder. */
export async function assertAsBefore(
  journey: Journey,
  before: Snapshot,
): Promise<void> {
  const after = await snapshot(journey);
  deepEqual(differences(before.catalog, after.catalog), []);
  deepEqual([...after.files.keys()], [...before.files.keys()]);
  deepEqual(after.files, before.files);
  const left = await journey.sql`
    select name from supabase_migrations.schema_migrations where name like 'duewatch%'
    union all
    select jobname from cron.job where command ~ 'jobs\.'
    union all
    select name from vault.secrets where name in ('functions_url', 'jobs_api_key')
  `;
  deepEqual([...left], []);
}

/** Installs with a look at the database, without a question. */
export async function install(
  { project, stack }: Journey,
  ...options: string[]
): Promise<CommandResult> {
  return await project.duewatch("install", dbUrl(stack), "--yes", ...options);
}

/** Installs, pushes, and checks that the jobs wait for the deployment. */
export async function installAndPush(
  journey: Journey,
  ...options: string[]
): Promise<void> {
  const installed = await install(journey, ...options);
  equal(installed.code, 0, installed.stdout + installed.stderr);
  match(installed.stdout, /Next:\n {2}git add/);
  await push(journey.project, journey.stack);
  const jobs = await journey.sql`
    select
      definition.job_name,
      jobs.is_paused(definition.job_name) as is_paused,
      entry.active
    from jobs.definitions as definition
    join cron.job as entry on entry.jobname = definition.cron_job_name
  `;
  equal(jobs.length >= 2, true);
  for (const { job_name, is_paused, active } of jobs) {
    deepEqual({ job_name, is_paused, active }, {
      job_name,
      is_paused: true,
      active: false,
    });
  }
}

/** Runs the job, and compares every status with an independent calculation. */
export async function runMarks(
  { sql }: Journey,
  names: DomainNames,
): Promise<void> {
  const [{ now }] = await sql`select now()`;
  const before = await statuses(sql, names);
  const expected = await expectedStatuses(sql, names, now);
  const rows = await sql`
    select * from public.update_installment_statuses(as_of => ${now})
  `;
  const marked = rows.reduce((sum, row) => sum + row.updated_count, 0);
  const after = await statuses(sql, names);
  deepEqual(new Map([...after].sort()), new Map([...expected].sort()));
  equal(marked > 0, true);
  equal(
    marked,
    [...after].filter(([id, word]) => before.get(id) !== word).length,
  );
}

/** Takes Duewatch out of the database and of the folder; the rows stay. */
export async function uninstall(
  { project, stack, sql }: Journey,
  names?: DomainNames,
): Promise<void> {
  const rows = async () =>
    names === undefined ? null : {
      statuses: await statuses(sql, names),
      agencies: [
        ...await sql.unsafe(`
          select ${names.agencyId}, name, ${names.timezone}
          from ${names.agencies}
          order by 1
        `),
      ],
    };
  const before = await rows();
  const { code, stdout, stderr } = await project.duewatch(
    "uninstall",
    dbUrl(stack),
    "--yes",
  );
  equal(code, 0, stdout + stderr);
  match(stdout, /This cannot be taken back:/);
  deepEqual(await rows(), before);
}

/** Reads a file of the project. */
export const readProjectFile = ({ project }: Journey, path: string) =>
  Deno.readTextFile(join(project.dir, "supabase", path));
