import { MAIN_JOB } from "../support/jobs.ts";

/** A way in which an installation can be broken. */
export interface Break {
  readonly name: string;
  /** SQL. */
  readonly by: string;
  /** The first line of the report. */
  readonly first: RegExp;
  /** SQL that takes it back, where `--fix` may not. */
  readonly undo?: string;
  /** Whether only a superuser can break it so. */
  readonly asSuperuser?: boolean;
}

/** SQL that stores a setting in Vault. */
export const store = (name: string, value: string) =>
  `delete from vault.secrets where name = '${name}';
   select vault.create_secret('${value}', '${name}');`;

/** Installations that are broken, each in another way. */
export const BREAKS: readonly Break[] = [
  {
    name: "another key in Vault",
    by: store("jobs_api_key", "job_another_key_of_24_chars"),
    first:
      /^✗ jobs_api_key in Vault \(\w{8}\) is not the job key of this stack \(\w{8}\)\.$/,
  },
  {
    name: "no key in Vault",
    by: "delete from vault.secrets where name = 'jobs_api_key'",
    first: /^✗ No job can start: the setting jobs_api_key is missing\.$/,
  },
  {
    name: "a key that can be guessed",
    by: store("jobs_api_key", "short"),
    first: /^✗ No job can start: the setting jobs_api_key has fewer than 16/,
  },
  {
    name: "no address in Vault",
    by: "delete from vault.secrets where name = 'functions_url'",
    first: /^✗ No job can start: the setting functions_url is missing\.$/,
  },
  {
    name: "an address that means another host",
    by: store("functions_url", "http://evil.example#.internal/"),
    first: /^✗ No job can start: functions_url is not a plain address\.$/,
  },
  {
    name: "the address of another stack",
    by: store("functions_url", "http://127.0.0.1:1/functions/v1"),
    first:
      /^✗ functions_url in Vault is http:\/\/127\.0\.0\.1:1\/functions\/v1/,
  },
  {
    name: "Vault with another root key",
    by: `update vault.secrets set nonce = decode(md5('another'), 'hex')
         where name in ('functions_url', 'jobs_api_key')`,
    asSuperuser: true,
    first: /^✗ No job can start: Vault cannot be read/,
  },
  {
    name: "the entry of the job unscheduled",
    by: "select cron.unschedule('update-installment-statuses-daily')",
    first: /^✗ An entry of pg_cron for a job is missing, or differs/,
  },
  {
    name: "the command of an entry replaced",
    by:
      "select cron.schedule('update-installment-statuses-daily', '0 7 * * *', 'vacuum')",
    first: /^✗ An entry of pg_cron for a job is missing, or differs/,
  },
  {
    name: "the supervisor replaced",
    by: "select cron.schedule('job-supervisor', '* * * * *', 'select 1')",
    first: /^✗ An entry of pg_cron that watches over the jobs is missing/,
  },
  {
    name: "the retention unscheduled",
    by: "select cron.unschedule('jobs-retention')",
    first: /^✗ An entry of pg_cron that watches over the jobs is missing/,
  },
  {
    name: "the job not registered",
    by: `delete from jobs.definitions where job_name = '${MAIN_JOB}'`,
    first:
      /^✗ The job update-installment-statuses is not registered, so it never starts\.$/,
  },
  {
    name: "a trigger disabled",
    by: "alter table public.agencies disable trigger check_agency_timezone",
    first:
      /^✗ The trigger check_agency_timezone on public\.agencies is disabled\.$/,
    undo: "alter table public.agencies enable trigger check_agency_timezone",
  },
  {
    name: "a function dropped",
    by: "drop function jobs.duration_text(interval)",
    first: /^✗ The function jobs\.duration_text\(interval\) is missing\.$/,
  },
  {
    name: "everybody may read the health report",
    by: "grant execute on function public.get_job_health to anon",
    first:
      /^✗ A role can do too much or too little with the function public\.get_job_health/,
  },
  {
    name: "the functions may not start a run",
    by: "revoke execute on function public.start_job_run from service_role",
    first:
      /^✗ A role can do too much or too little with the function public\.start_job_run/,
  },
  {
    name: "a table of ours without row level security",
    by: "alter table jobs.alerts disable row level security",
    first: /^✗ The table jobs\.alerts has no row level security\.$/,
  },
  {
    name: "an index dropped",
    by: "drop index public.installments_pending_due_date_idx",
    first: /^✗ The column installments\.student_due_date has no index/,
    undo: `create index installments_pending_due_date_idx
           on public.installments (student_due_date) where status = 'pending'`,
  },
  {
    name: "an agency in a time zone that does not exist",
    by: `alter table public.agencies disable trigger check_agency_timezone;
         insert into public.agencies (name, timezone) values ('Nowhere', 'Bogus5');
         alter table public.agencies enable trigger check_agency_timezone;`,
    first: /^✗ An agency has a time zone that the database does not know\.$/,
    undo: "delete from public.agencies where name = 'Nowhere'",
  },
  {
    name: "a migration that was not applied",
    by: `create table public.applied as
           table supabase_migrations.schema_migrations;
         delete from supabase_migrations.schema_migrations where true;`,
    first:
      /^✗ The migration \d{14}_duewatch\.sql was not applied to this database, and a schema jobs is there/,
    undo: `insert into supabase_migrations.schema_migrations
             table public.applied;
           drop table public.applied;`,
  },
  {
    name: "a job whose function is not deployed",
    by: `select jobs.register(
           job_name => 'ghost', description => 'Not there.', schedule => '0 3 * * *',
           function_slug => 'ghost', expected_interval => interval '1 day'
         )`,
    first: /^✗ The function ghost is not deployed\.$/,
    undo: "select jobs.unregister('ghost')",
  },
  {
    name: "functions of a later version than the database",
    by: `create or replace function jobs.version() returns text
           language sql immutable set search_path = ''
           as $$ select '0.9.0' $$`,
    first:
      /^✗ The functions are of version \S+, and the database is of 0\.9\.0/,
    undo: await Deno.readTextFile(
      "supabase/schemas/jobs/install/version.sql",
    ).then((text) =>
      text.replace("create function", "create or replace function")
    ),
  },
  {
    name: "a failed run",
    by:
      `insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
         values ('of-another-kind', now(), now(), 'failed', 'disk full')`,
    first: /^✗ of-another-kind: .*failed/,
    undo: `delete from public.jobs_log where error_message = 'disk full'`,
  },
];
