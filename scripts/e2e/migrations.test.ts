import { deepEqual, equal, match, rejects } from "node:assert/strict";
import postgres from "postgres";
import type { RunningStack } from "../stack/stack.ts";
import { ADOPTERS_DOMAIN } from "./support/adopters_domain.ts";
import {
  failedChecks,
  migrate,
  pgDump,
  rollBack,
  withBarePlatform,
} from "./support/bare_platform.ts";
import type { Database } from "./support/database.ts";
import { JOBS } from "./support/jobs.ts";
import { asSuperuser } from "./support/superuser.ts";

/** The catalog without the CLI's own history, and the data of the domain. */
async function dump(stack: RunningStack): Promise<string> {
  const catalog = await pgDump(
    stack,
    "--schema-only",
    "--exclude-schema=supabase_migrations",
  );
  const data = await pgDump(
    stack,
    "--data-only",
    "--schema=public",
    "--inserts",
  );
  const schedule = await pgDump(
    stack,
    "--data-only",
    "--table=cron.job",
    "--inserts",
  );
  // An entry of pg_cron that is made again has a new number and comes last.
  const entries = schedule
    .replace(/^(INSERT INTO cron\.job VALUES \()\d+/gm, "$1")
    .split("\n")
    .sort()
    .join("\n");
  return [catalog, data, entries].join("\n");
}

Deno.test("migrating, rolling back and migrating again does not change an adopter's domain", () =>
  withBarePlatform(async (stack, sql) => {
    await sql.unsafe(ADOPTERS_DOMAIN).simple();
    const before = await dump(stack);

    await migrate(stack);
    deepEqual(await failedChecks(sql), []);
    await rollBack(sql);
    equal(await dump(stack), before);
    await rollBack(sql);
    equal(await dump(stack), before, "after a second rollback");

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

Deno.test("migrating an empty project and rolling back leaves nothing, and drops no data", () =>
  withBarePlatform(async (stack, sql) => {
    const before = await dump(stack);
    deepEqual(
      (await failedChecks(sql)).map(({ check }) => check),
      ["Duewatch is installed"],
    );

    await migrate(stack);
    deepEqual(await failedChecks(sql), []);
    await rollBack(sql);
    equal(await dump(stack), before);
    await rollBack(sql);
    equal(await dump(stack), before, "after a second rollback");

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

Deno.test("the migration says what to do with http in another schema", () =>
  withBarePlatform(async (stack, sql) => {
    await asSuperuser((superuser) =>
      superuser`
        drop extension http;
        create extension http with schema public
      `.simple(), stack);
    await rejects(
      migrate(stack),
      /drop extension http; create extension http with schema extensions/,
    );
    deepEqual([...await sql`select to_regnamespace('jobs') as found`], [
      { found: null },
    ]);
  }));

Deno.test("a rollback stops at an object of an adopter that depends on ours, and names it", () =>
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
