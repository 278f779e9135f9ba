// What the role of the dashboards can do: by the catalog, and by trying.
import {
  deepEqual,
  doesNotMatch,
  equal,
  ok,
  rejects,
} from "node:assert/strict";
import postgres from "postgres";
import { insertAgency } from "./support/arrange.ts";
import { writeListedResults } from "./support/run_results.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { JOBS } from "./support/jobs.ts";
import {
  connectAsMetricsReader,
  withMetricsReader,
} from "./support/metrics_reader.ts";
import { rolledBack } from "./support/rolled_back.ts";

const READABLE_COLUMNS = [
  "completed_at",
  "created_at",
  "duration_ms",
  "id",
  "is_cancelled",
  "items_processed",
  "items_total",
  "job_name",
  "records_updated",
  "started_at",
  "status",
  "trigger_source",
];

const EXECUTABLE_FUNCTIONS = [
  "jobs.agency_transitions(timestamp with time zone,timestamp with time zone)",
  "jobs.channel_backlog(timestamp with time zone)",
  "jobs.current_status(timestamp with time zone)",
  "jobs.failure_causes(timestamp with time zone,timestamp with time zone)",
];

// What Postgres itself opens to everybody.
const SYSTEM_SCHEMAS = ["information_schema", "pg_catalog"];

const INSUFFICIENT_PRIVILEGE = "42501";
const READ_ONLY = "25006";
const INVALID_PASSWORD = "28P01";

/** Asserts that a statement is refused, with one of these codes. */
async function assertRefused(
  reader: Database,
  statement: string,
  ...codes: string[]
): Promise<void> {
  await rejects(
    async () => await reader.unsafe(statement),
    (error) => {
      ok(error instanceof postgres.PostgresError, statement);
      ok(codes.includes(error.code), `${statement}: ${error.message}`);
      return true;
    },
    `not refused: ${statement}`,
  );
}

Deno.test("metrics_reader can only log in, belongs to no role, and has at most ten connections", () =>
  withDatabase(async (sql) => {
    const [role] = await sql`
      select
        rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
        rolcanlogin, rolconnlimit
      from pg_roles
      where rolname = 'metrics_reader'
    `;
    deepEqual({ ...role }, {
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
      rolcanlogin: true,
      rolconnlimit: 10,
    });
    const memberships = await sql`
      select role.rolname
      from pg_roles as role
      where pg_has_role('metrics_reader', role.oid, 'member')
        and role.rolname <> 'metrics_reader'
    `;
    deepEqual([...memberships], []);
    // The Data API cannot switch to this role.
    const [{ reachable }] = await sql`
      select pg_has_role('authenticator', 'metrics_reader', 'member') as reachable
    `;
    equal(reachable, false);
  }));

Deno.test("metrics_reader cannot log in before it has a password, nor after the password was removed", () =>
  withDatabase(async (sql) => {
    let before = "";
    await withMetricsReader(sql, async (reader, password) => {
      const [{ name }] = await reader`select current_user as name`;
      equal(name, "metrics_reader");
      before = password;
    });
    for (const password of [before, "", "metrics_reader", "postgres"]) {
      const reader = connectAsMetricsReader(password);
      try {
        await rejects(
          async () => await reader`select 1`,
          { code: INVALID_PASSWORD },
          `let in with ${JSON.stringify(password)}`,
        );
      } finally {
        await reader.end({ timeout: 5 });
      }
    }
  }));

Deno.test("metrics_reader can use public and jobs, creates nothing and owns nothing", () =>
  withDatabase(async (sql) => {
    const schemas = await sql`
      select
        nspname as name,
        has_schema_privilege('metrics_reader', oid, 'create') as creates
      from pg_namespace
      where has_schema_privilege('metrics_reader', oid, 'usage')
        or has_schema_privilege('metrics_reader', oid, 'create')
      order by nspname
    `;
    deepEqual(
      schemas.map((schema) => ({ ...schema })),
      ["information_schema", "jobs", "pg_catalog", "public"].map((name) => ({
        name,
        creates: false,
      })),
    );
    const [owned] = await sql`
      select count(*)::int as objects
      from pg_shdepend
      where refclassid = 'pg_authid'::regclass
        and refobjid = 'metrics_reader'::regrole
        and deptype = 'o'
    `;
    equal(owned.objects, 0);
    const [onDatabase] = await sql`
      select
        has_database_privilege('metrics_reader', current_database(), 'create') as create,
        has_database_privilege('metrics_reader', current_database(), 'connect') as connect
    `;
    deepEqual({ ...onDatabase }, { create: false, connect: true });
  }));

Deno.test("metrics_reader can read twelve columns of one table, and write none", () =>
  withDatabase(async (sql) => {
    const reachable = await sql`
      select relation.oid, relation.oid::regclass::text as name, relation.relkind as kind
      from pg_class as relation
      where relation.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and has_schema_privilege('metrics_reader', relation.relnamespace, 'usage')
        and relation.relnamespace <> all (${SYSTEM_SCHEMAS}::regnamespace[])
    `;
    ok(reachable.length > 10);

    const readable = await sql`
      select attribute.attrelid::regclass::text as name, attribute.attname as column
      from pg_attribute as attribute
      where attribute.attrelid = any (${reachable.map(({ oid }) => oid)}::oid[])
        and attribute.attnum > 0
        and not attribute.attisdropped
        and has_column_privilege('metrics_reader', attribute.attrelid, attribute.attnum, 'select')
      order by 1, 2
    `;
    deepEqual(
      readable.map(({ name, column }) => `${name}.${column}`),
      READABLE_COLUMNS.map((column) => `jobs_log.${column}`),
    );

    const writable = await sql`
      select relation.oid::regclass::text as name, asked.privilege
      from pg_class as relation
      cross join unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger'])
        as asked (privilege)
      where relation.oid = any (${reachable.map(({ oid }) => oid)}::oid[])
        and relation.relkind <> 'S'
        and (
          has_table_privilege('metrics_reader', relation.oid, asked.privilege)
          or (
            asked.privilege in ('insert', 'update', 'references')
            and has_any_column_privilege('metrics_reader', relation.oid, asked.privilege)
          )
        )
    `;
    deepEqual([...writable], []);

    const sequences = reachable.filter(({ kind }) => kind === "S");
    for (const { oid, name } of sequences) {
      const [{ any }] = await sql`
        select has_sequence_privilege('metrics_reader', ${oid}::oid, 'usage, select, update') as any
      `;
      equal(any, false, name);
    }
  }));

Deno.test("metrics_reader can execute exactly four functions", () =>
  withDatabase(async (sql) => {
    const executable = await sql`
      select routine.oid::regprocedure::text as name
      from pg_proc as routine
      where has_schema_privilege('metrics_reader', routine.pronamespace, 'usage')
        and has_function_privilege('metrics_reader', routine.oid, 'execute')
        and routine.pronamespace <> all (${SYSTEM_SCHEMAS}::regnamespace[])
      order by 1
    `;
    deepEqual(executable.map(({ name }) => name), EXECUTABLE_FUNCTIONS);

    // Functions with the rights of their owner would open a door.
    const definers = await sql`
      select routine.oid::regprocedure::text as name
      from pg_proc as routine
      where routine.prosecdef
        and routine.pronamespace = any (${SYSTEM_SCHEMAS}::regnamespace[])
        and has_function_privilege('metrics_reader', routine.oid, 'execute')
    `;
    deepEqual([...definers], []);
  }));

Deno.test("metrics_reader cannot access a new table", () =>
  withDatabase((sql) =>
    rolledBack(sql, async (transaction) => {
      for (const table of ["public.something_new", "jobs.something_new"]) {
        await transaction.unsafe(`create table ${table} (id int)`);
        const [{ readable }] = await transaction`
          select has_table_privilege('metrics_reader', ${table}, 'select') as readable
        `;
        equal(readable, false, table);
      }
    })
  ));

const NOT_TO_READ = [
  "select * from public.jobs_log",
  "select errors from public.jobs_log",
  "select error_message from public.jobs_log",
  "select metadata from public.jobs_log",
  "select run from public.jobs_log as run",
  "select count(*) from public.jobs_log where metadata is not null",
  "select * from public.agencies",
  "select name from public.agencies",
  "select id from public.payment_plans",
  "select id from public.installments",
  "select id from public.installments_due",
  "select role from public.user_roles",
  "select id from auth.users",
  "select auth.uid()",
  "select job_name from jobs.definitions",
  "select id from jobs.alerts",
  "select id from jobs.incidents",
  "select last_error from jobs.alert_deliveries",
  "select name from jobs.alert_channels",
  "select successes from jobs.run_totals",
  "select name from vault.secrets",
  "select decrypted_secret from vault.decrypted_secrets",
  "select command from cron.job",
  "select return_message from cron.job_run_details",
  "select version from supabase_migrations.schema_migrations",
  "select rolpassword from pg_catalog.pg_authid",
  "select pg_catalog.pg_read_file('PG_VERSION')",
  "copy (select 1) to program 'true'",
  "copy (select 1) to '/tmp/of-metrics-reader'",
];

const NOT_TO_CALL = [
  "select public.get_job_health()",
  "select public.get_job_metrics()",
  "select public.get_job_counters()",
  "select public.list_job_runs()",
  "select public.claim_job_alerts(channels => '[]', max_count => 1)",
  "select public.start_job_run('update-installment-statuses')",
  "select public.update_installment_statuses()",
  "select jobs.setting('jobs_api_key')",
  "select jobs.dispatch('update-installment-statuses')",
  "select jobs.job_health_report()",
  "select jobs.alert_backlog()",
  "select jobs.prune()",
  "select jobs.supervise()",
  "select cron.schedule('every minute', '* * * * *', 'select 1')",
  "select vault.create_secret('a', 'b')",
  // Out of the house: the extension lets everybody execute these, and only its
  // schema keeps them out.
  "select extensions.http_get('http://127.0.0.1:1')",
  "select extensions.http_set_curlopt('CURLOPT_TIMEOUT_MS', '1')",
];

const NOT_TO_DO = [
  "insert into public.jobs_log (job_name, started_at, status) values ('a', now(), 'running')",
  "update public.jobs_log set error_message = 'nothing happened'",
  "delete from public.jobs_log",
  "truncate public.jobs_log",
  "select id from public.jobs_log for update",
  "create table public.mine (id int)",
  "create table jobs.mine (id int)",
  "create schema mine",
  "create function public.mine() returns int language sql return 1",
  "alter table public.jobs_log disable row level security",
  'drop policy "Dashboards can read the job log" on public.jobs_log',
  "alter function jobs.current_status(timestamptz) security invoker",
];

Deno.test("metrics_reader cannot read customers, details of items, alerts, secrets, settings and schedules", () =>
  withDatabase((sql) =>
    withMetricsReader(sql, async (reader) => {
      for (const statement of [...NOT_TO_READ, ...NOT_TO_CALL]) {
        await assertRefused(reader, statement, INSUFFICIENT_PRIVILEGE);
      }
    })
  ));

Deno.test("metrics_reader changes nothing, with and without its read-only default", () =>
  withDatabase((sql) =>
    withMetricsReader(sql, async (reader) => {
      const [{ readOnly }] = await reader`
        select current_setting('transaction_read_only') as "readOnly"
      `;
      equal(readOnly, "on");
      for (const statement of NOT_TO_DO) {
        await assertRefused(
          reader,
          statement,
          READ_ONLY,
          INSUFFICIENT_PRIVILEGE,
        );
      }
      // Anyone with the password can switch that off.
      await reader`set default_transaction_read_only = off`;
      for (
        const statement of [...NOT_TO_DO, ...NOT_TO_READ, ...NOT_TO_CALL]
      ) {
        await assertRefused(reader, statement, INSUFFICIENT_PRIVILEGE);
      }
    })
  ));

Deno.test("metrics_reader cannot switch to another role or grant itself anything", () =>
  withDatabase((sql) =>
    withMetricsReader(sql, async (reader) => {
      await reader`set default_transaction_read_only = off`;
      for (
        const role of ["postgres", "service_role", "authenticated", "anon"]
      ) {
        await assertRefused(reader, `set role ${role}`, INSUFFICIENT_PRIVILEGE);
        await assertRefused(
          reader,
          `grant ${role} to metrics_reader`,
          INSUFFICIENT_PRIVILEGE,
        );
      }
      for (
        const statement of [
          "alter role metrics_reader createrole",
          "alter role metrics_reader connection limit 1000",
          "alter role postgres password 'mine'",
          "create role mine",
          "grant select on public.jobs_log to public",
        ]
      ) {
        await assertRefused(reader, statement, INSUFFICIENT_PRIVILEGE);
      }
    })
  ));

Deno.test("a query of metrics_reader that takes longer than 15 seconds is ended", () =>
  withDatabase((sql) =>
    withMetricsReader(sql, async (reader) => {
      const [{ limit }] = await reader`
        select current_setting('statement_timeout') as limit
      `;
      equal(limit, "15s");
    })
  ));

Deno.test("metrics_reader reads the data of the runs and no customer data", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const name = "Agency of the secret name";
    const { id } = await insertAgency(sql, { name });
    const agencies = [{
      agency_id: id,
      updated_count: 2,
      transitions: { pending_to_overdue: 2 },
    }];
    await sql`
      insert into public.jobs_log (
        job_name, started_at, completed_at, status, items_total, items_processed,
        errors, metadata
      )
      values (
        'update-installment-statuses',
        now() - interval '1 minute',
        now(),
        'success',
        4,
        4,
        ${sql.json([{ id, name, error: `${name} is not what it was` }])},
        ${sql.json({ agencies, note: name })}
      )
    `;
    await writeListedResults(sql);
    await withMetricsReader(sql, async (reader) => {
      const runs = await reader`
        select ${reader(READABLE_COLUMNS)}
        from public.jobs_log
      `;
      equal(runs.length, 1);
      const changes = await reader`
        select *
        from jobs.agency_transitions(now() - interval '1 day', now())
      `;
      deepEqual(
        changes.map(({ agency_id, transition, updated_count }) => ({
          agency_id,
          transition,
          updated_count: Number(updated_count),
        })),
        [{ agency_id: id, transition: "pending_to_overdue", updated_count: 2 }],
      );
      const status = await reader`
        select *
        from jobs.current_status()
        order by job_name
      `;
      deepEqual(status.map(({ job_name }) => job_name), JOBS);
      const backlog = await reader`select * from jobs.channel_backlog()`;
      doesNotMatch(
        JSON.stringify([runs, changes, status, backlog]),
        /secret name/,
      );
    });
  }));
