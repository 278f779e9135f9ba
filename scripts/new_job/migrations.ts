import { join } from "node:path";
import { wrap } from "../jobs/text/wrap.ts";
import { writeInterval } from "./interval.ts";

/** What a new job is to be. */
export interface NewJob {
  readonly name: string;
  /** One line, for people. */
  readonly description: string;
  /** As pg_cron reads it, in UTC. */
  readonly schedule: string;
  /** In minutes. */
  readonly expectedInterval: number;
  /** How long a run should take, in seconds. */
  readonly slowAfter: number;
}

/** Where the migrations are, in a checkout. */
export function migrationsDir(repoDir: string): string {
  return join(repoDir, "supabase", "migrations");
}

/** The names of all migrations of a checkout, in order. */
export async function migrationsOf(repoDir: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(migrationsDir(repoDir)));
  return entries
    .map(({ name }) => name)
    .filter((name) => /^\d+_.*\.sql$/.test(name))
    .sort();
}

/**
 * What a migration that registers a job is called. It comes after all others,
 * also where the clock is behind the one that named them.
 */
export function migrationName(
  { name }: NewJob,
  { others, now }: { readonly others: readonly string[]; readonly now: Date },
): string {
  const slug = name.replaceAll("-", "_");
  return `${nextVersion(others, now)}_jobs_register_${slug}.sql`;
}

/** The version of a migration that comes after all others. */
export function nextVersion(others: readonly string[], now: Date): string {
  const last = others
    .map((other) => /^\d{14}(?=_)/.exec(other)?.[0])
    .filter((version) => version !== undefined)
    .sort()
    .at(-1);
  const current = versionOf(now);
  return last === undefined || current > last
    ? current
    : versionOf(new Date(instantOf(last).getTime() + 60_000));
}

/** Writes the migration that registers a job. */
export function migrationText(
  { name, description, schedule, expectedInterval, slowAfter }: NewJob,
): string {
  return `-- The job ${name}, at "${schedule}" in UTC.
--
-- Why:       ${wrap(description, 67).replaceAll("\n", "\n--            ")}
-- Locks:     nothing that exists.
-- Rollback:  select jobs.unregister('${name}');
--
-- With due_check => '<schema>.<function>' it is also started when that function
-- (as_of timestamptz) returns true; it is asked every minute.

select jobs.register(
  job_name => '${name}',
  description => '${description.replaceAll("'", "''")}',
  schedule => '${schedule}',
  expected_interval => '${writeInterval(expectedInterval)}',
  -- Above it the health check warns: set it to what a long run takes.
  slow_after => '${slowAfter} second${slowAfter === 1 ? "" : "s"}'
);
`;
}

function versionOf(instant: Date): string {
  return instant.toISOString().replace(/\D/g, "").slice(0, 14);
}

function instantOf(version: string): Date {
  const [year, month, day, hour, minute, second] = [0, 4, 6, 8, 10, 12].map(
    (from) => Number(version.slice(from, from === 0 ? 4 : from + 2)),
  );
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}
