import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { freePorts } from "../check/free_ports.ts";
import { runOrThrow } from "../stack/command.ts";
import { applyMigrations } from "../stack/migrations.ts";
import { ensurePackages } from "../stack/packages.ts";
import { silentProgress } from "../stack/progress.ts";
import {
  resetDatabase,
  type RunningStack,
  type StackConfig,
  stackUrls,
  stopStack,
} from "../stack/stack.ts";
import type { Database } from "./support/database.ts";
import { JOBS } from "./support/jobs.ts";
import { config as testConfig } from "./support/stack.ts";

/** A stack with nothing but the platform, for the length of some work. */
async function withBarePlatform(
  work: (stack: RunningStack, sql: Database) => Promise<void>,
): Promise<void> {
  const [apiPort, dbPort] = freePorts(2);
  const config: StackConfig = {
    ...testConfig,
    stateDir: join(testConfig.stateDir, "bare"),
    apiPort,
    dbPort,
  };
  await stopStack(config);
  const stack = await resetDatabase({ config, migrate: false });
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    onnotice: () => {},
  });
  try {
    await work(stack, sql);
  } finally {
    await sql.end();
    await stopStack(config);
  }
}

const migrate = ({ config, keys }: RunningStack) =>
  applyMigrations(config, keys, { seed: false });

async function runFile(sql: Database, name: string): Promise<postgres.Row[]> {
  const path = join(testConfig.repoDir, "supabase", name);
  const results = await sql.unsafe(await Deno.readTextFile(path)).simple();
  return results.flat();
}

const rollBack = (sql: Database) => runFile(sql, "rollbacks/duewatch.sql");

async function failedChecks(sql: Database): Promise<string[]> {
  const rows = await runFile(sql, "verify.sql");
  equal(rows.length > 20, true);
  return rows.filter(({ ok }) => !ok).map(({ check }) => check);
}

/** The catalog without the CLI's own history, and the data of the domain. */
async function dump({ config }: RunningStack): Promise<string> {
  const { libDir } = await ensurePackages(silentProgress, null);
  const pgDump = (...args: string[]) =>
    runOrThrow("dump the database", [
      join(libDir, "bin", "pg_dump"),
      "--host=127.0.0.1",
      `--port=${config.dbPort}`,
      "--username=postgres",
      "--dbname=postgres",
      ...args,
    ], { env: { PGPASSWORD: "postgres" } });
  const catalog = await pgDump(
    "--schema-only",
    "--exclude-schema=supabase_migrations",
  );
  const data = await pgDump("--data-only", "--schema=public", "--inserts");
  const schedule = await pgDump("--data-only", "--table=cron.job", "--inserts");
  // An entry of pg_cron that is made again has a new number and comes last.
  const entries = schedule.stdout
    .replace(/^(INSERT INTO cron\.job VALUES \()\d+/gm, "$1")
    .split("\n")
    .sort()
    .join("\n");
  // Newer versions fence a dump with a random token.
  return [catalog.stdout, data.stdout, entries]
    .join("\n")
    .replace(/^\\(un)?restrict .*$/gm, "");
}

// A domain as an adopter may have it: fewer columns, enums instead of checks,
// objects of their own all around.
const ADOPTERS_DOMAIN = `
  create type public.plan_state as enum ('draft', 'active', 'completed', 'cancelled');
  create type public.installment_state as enum (
    'draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled'
  );
  create table public.agencies (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    timezone text default 'UTC'
  );
  comment on column public.agencies.timezone is 'Where they are';
  create table public.user_roles (user_id uuid not null, role text not null);
  create table public.payment_plans (
    id uuid primary key default gen_random_uuid(),
    agency_id uuid not null references public.agencies,
    status public.plan_state not null
  );
  create table public.installments (
    id uuid primary key default gen_random_uuid(),
    payment_plan_id uuid not null references public.payment_plans,
    amount numeric not null,
    student_due_date date not null,
    status public.installment_state not null,
    touched int not null default 0
  );
  alter table public.agencies enable row level security;
  alter table public.user_roles enable row level security;
  grant select on public.user_roles to authenticated;
  create policy "Own roles" on public.user_roles for select to authenticated
    using (user_id = (select auth.uid()));
  alter table public.payment_plans enable row level security;
  alter table public.installments enable row level security;
  create function public.touch() returns trigger language plpgsql as $$
    begin new.touched := old.touched + 1; return new; end $$;
  create trigger touch before update on public.installments
    for each row execute function public.touch();
  create view public.overdue_of_ours as
    select * from public.installments where status = 'overdue';
  select cron.schedule('job-of-ours', '0 3 * * *', 'select 1');

  with agency as (
    insert into public.agencies (name, timezone)
    values ('Kept', 'Asia/Kathmandu')
    returning id
  ),
  plan as (
    insert into public.payment_plans (agency_id, status)
    select id, 'active' from agency
    returning id
  )
  insert into public.installments (payment_plan_id, amount, student_due_date, status)
  select id, 12.5, current_date - 5, 'pending' from plan, generate_series(1, 20);
`;

Deno.test("migrating, rolling back and migrating again leaves an adopter's domain as it was", () =>
  withBarePlatform(async (stack, sql) => {
    await sql.unsafe(ADOPTERS_DOMAIN).simple();
    const before = await dump(stack);

    await migrate(stack);
    deepEqual(await failedChecks(sql), []);
    await rollBack(sql);
    equal(await dump(stack), before);

    await migrate(stack);
    deepEqual(await failedChecks(sql), []);
    const registered = await sql`
      select job_name
      from jobs.definitions
      order by job_name
    `;
    deepEqual(registered.map(({ job_name }) => job_name), JOBS);
    const [{ run_id }] = await sql`
      select jobs.dispatch('update-installment-statuses') as run_id
    `;
    const [run] = await sql`
      select status, records_updated, error_message
      from public.jobs_log
      where id = ${run_id}
    `;
    equal(run.status, "success", run.error_message);
    equal(run.records_updated, 20);
    const [{ touched }] = await sql`
      select sum(touched)::int as touched from public.overdue_of_ours
    `;
    equal(touched, 20);

    await sql`update public.agencies set contact_email = 'us@kept.example'`;
    const { list, claim } = await digests(sql);
    deepEqual(list.agencies.map(({ name }) => name), ["Kept"]);
    equal(claim.status, "claimed");
    deepEqual(claim.totals, [
      { currency: null, installments: 20, amount: "250.00" },
    ]);
  }));

interface Digests {
  readonly list: { readonly agencies: readonly { readonly name: string }[] };
  readonly claim: { readonly status: string; readonly totals: unknown };
}

/** What a run of the digest would work through, and the first mail of it. */
async function digests(sql: Database): Promise<Digests> {
  const [run] = await sql`
    insert into public.jobs_log (job_name, started_at, status)
    values ('weekly-overdue-digest', now(), 'running')
    returning id
  `;
  const [found] = await sql<Digests[]>`
    select
      listed.list,
      public.claim_overdue_digest(
        run_id => ${run.id},
        agency_id => (listed.list #>> '{agencies,0,id}')::uuid
      ) as claim
    from public.list_overdue_digests(run_id => ${run.id}) as listed (list)
  `;
  return found;
}

Deno.test("migrating an empty project and rolling back leaves nothing, and no data is ever dropped", () =>
  withBarePlatform(async (stack, sql) => {
    const before = await dump(stack);
    equal((await failedChecks(sql)).length > 20, true);

    await migrate(stack);
    deepEqual(await failedChecks(sql), []);
    await rollBack(sql);
    equal(await dump(stack), before);

    await migrate(stack);
    await sql`insert into public.agencies (name) values ('Kept')`;
    await rollBack(sql);
    deepEqual(
      (await sql`select name, timezone from public.agencies`).map((row) => ({
        ...row,
      })),
      [{ name: "Kept", timezone: "Australia/Brisbane" }],
    );
    await migrate(stack);
    deepEqual(await failedChecks(sql), []);
  }));

Deno.test("a rollback stops, by name, at an object of an adopter that needs what would go", () =>
  withBarePlatform(async (stack, sql) => {
    await migrate(stack);
    await sql`create view public.my_runs as select * from public.jobs_log`;
    const before = await dump(stack);

    match(await refusal(sql, rollBack), /my_runs/);
    equal(await dump(stack), before);
  }));

/** What a rollback says is in its way. */
async function refusal(
  sql: Database,
  rollBack: (sql: Database) => Promise<unknown>,
): Promise<string> {
  const error = await rollBack(sql).then(
    () => null,
    (reason: unknown) => reason,
  );
  await sql`rollback`;
  if (!(error instanceof postgres.PostgresError)) {
    throw new Error("The rollback was not refused.", { cause: error });
  }
  return error.detail ?? error.message;
}
